import { formatBytes } from '../../lib/byte-size.ts'
import { printable } from '../../lib/printable.ts'
import type { PeerTally } from '../../track/connection-tally.ts'
import { alignedTable } from './aligned-table.ts'
import { ms } from './columns.ts'

/** What a traced command did, by program and peer; times in milliseconds. */
export function tallyTable(peers: readonly PeerTally[], isTerminal: boolean): string[] {
  const header = ['COMM', 'PEER', 'OPENED', 'FAILED', 'HANDSHAKE_P50', 'HANDSHAKE_MAX', 'SENT', 'RECEIVED', 'RETR']
  const rows = peers.map((peer) => [
    printable(peer.comm),
    `${peer.direction} ${peer.address.includes(':') ? `[${peer.address}]` : peer.address}:${peer.port}`,
    String(peer.opened),
    [...peer.failures].map(([error, count]) => `${count} ${error}`).join(', ') || '0',
    ms(peer.handshakes.quantileNs(0.5)),
    peer.handshakes.count > 0 ? ms(peer.handshakes.maxNs) : '-',
    formatBytes(peer.bytesSent),
    formatBytes(peer.bytesReceived),
    String(peer.retransmits),
  ])
  return alignedTable([header, ...rows], isTerminal)
}
