import type { Finding } from '../../model/finding.ts'
import { countOf } from '../state-counts.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { processOf, weightOf, who } from '../words.ts'

const leastHalfOpen = 50

/** Half-open connections that nobody ends, from whoever sends SYNs. */
export const synFlood: Rule = ({ states, namespaces }) => {
  const findings = namespaces.flatMap(({ before, now }): Finding[] => {
    const halfOpen = states.filter(({ state, netns }) => state === 'SYN_RECV' && netns === now.netns)
    const count = halfOpen.reduce((sum, state) => sum + state.now, 0)
    const cookies = before ? now.tcp.syncookiesSent - before.tcp.syncookiesSent : 0
    const dropped = before ? now.tcp.tcpReqQFullDrop - before.tcp.tcpReqQFullDrop : 0
    if (count < leastHalfOpen && cookies + dropped === 0) return []
    const owner = halfOpen.find((state) => state.owner)?.owner
    return [
      {
        cause: 'syn-flood',
        culprit: owner && processOf(owner),
        sentence: `${owner ? who(owner) : `A listener in network namespace ${now.netns}`} gets SYNs whose senders never end the handshake: ${count} connections are half open.`,
        sinceNs: undefined,
        evidence: [
          `${count} half-open connections, ${cookies} SYN cookies sent, ${dropped} SYNs dropped as the SYN queue was full`,
        ],
        confidence: 0.9,
        weight: weightOf(count + cookies + dropped, 50),
        confirm: 'ss -tan state syn-recv; nstat -az TcpExtSyncookiesSent',
        advice:
          'Leave net.ipv4.tcp_syncookies=1, raise net.ipv4.tcp_max_syn_backlog, and have the flood filtered upstream.',
      },
    ]
  })
  if (findings.length > 0) return { findings, ruledOut: [] }
  const halfOpen = countOf(states, 'SYN_RECV')
  return ruledOut('syn-flood', `${halfOpen} connections are half open, and no SYN cookie was needed`)
}
