import type { Finding } from '../../model/finding.ts'
import type { Rule } from '../rule.ts'
import { endpointText, processOf, weightOf, who } from '../words.ts'

const leastRefusals = 2

/** Connects to where nobody listens. */
export const connectionRefused: Rule = ({ failures }) => {
  const refusals = failures.filter(({ error, count }) => error === 'ECONNREFUSED' && count >= leastRefusals)
  if (refusals.length === 0)
    return { findings: [], ruledOut: [{ cause: 'connection-refused', sentence: 'no peer refused a connection' }] }
  return {
    findings: refusals.map(({ owner, socket, count, firstNs }): Finding => {
      const to = endpointText(socket.peer)
      return {
        cause: 'connection-refused',
        culprit: processOf(owner),
        sentence: `${who(owner)} connects to ${to}, where nobody listens: the connection is refused.`,
        sinceNs: firstNs,
        evidence: [`${count} connects to ${to} ended with ECONNREFUSED: a reset came back`],
        confidence: 0.99,
        weight: weightOf(count, 3),
        confirm: `ss -ltn 'sport = :${socket.peer.port}'`,
        advice: `Start what should listen on ${to}, or correct the address; a firewall that rejects looks the same.`,
      }
    }),
    ruledOut: [],
  }
}
