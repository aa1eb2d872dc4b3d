import type { Edge } from './edge.ts'

/** Names a process for good: a pid alone is used again. */
export function processKey({ pid, startNs }: { pid: number; startNs: number }): string {
  return `${pid} ${startNs}`
}

/** Names an edge, the same in every window. */
export function edgeKey({ process, protocol, role, peerAddress, port, netns }: Edge): string {
  return `${process ? processKey(process) : 'others'} ${protocol} ${role} ${peerAddress ?? ''} ${port ?? ''} ${netns ?? ''}`
}

/**
 * The other end: `to 10.0.0.1:5432` of a client, `from 10.0.0.9 on 8080` of a server, `udp` before it where it is not
 * TCP; `(all others)` of what found no room in the kernel's table.
 */
export function peerText({ protocol, role, peerAddress = '', peerName, port }: Edge): string {
  const prefix = protocol === 'udp' ? 'udp ' : ''
  if (role === 'any') return `${prefix}(all others)`
  const isAny = peerAddress === '0.0.0.0' || peerAddress === '::'
  const address = isAny ? '*' : (peerName ?? peerAddress)
  if (role === 'server') return `${prefix}from ${address} on ${port}`
  return `${prefix}to ${address.includes(':') ? `[${address}]` : address}:${port || '*'}`
}
