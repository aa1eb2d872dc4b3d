import type { Finding } from '../../model/finding.ts'
import type { Rule } from '../rule.ts'
import { endpointText, processOf, weightOf, who } from '../words.ts'

/** A SYN that gets no answer is sent again after 1, 3, 7 s. */
export const synFiltered: Rule = ({ retransmits, failures, namespaces }) => {
  const unanswered = retransmits.filter(({ syn }) => syn > 0)
  const timedOut = failures.filter(({ error }) => error === 'ETIMEDOUT')
  const overflow = namespaces.some(({ before, now }) => before && now.tcp.listenOverflows > before.tcp.listenOverflows)
  if (unanswered.length === 0 && timedOut.length === 0)
    return { findings: [], ruledOut: [{ cause: 'syn-filtered', sentence: 'every SYN was answered at once' }] }
  if (overflow) return { findings: [], ruledOut: [] }
  const findings = unanswered.map(({ owner, socket, syn, firstNs }): Finding => {
    const to = endpointText(socket.peer)
    return {
      cause: 'syn-filtered',
      culprit: processOf(owner),
      sentence: `${who(owner)} connects to ${to}, and its SYN, or the answer to it, is lost: it is sent again after 1, 3, 7 s.`,
      sinceNs: firstNs,
      evidence: [`${syn} SYNs to ${to} were sent again`],
      confidence: 0.9,
      weight: weightOf(syn, 1),
      confirm: `wirelag trace --slow 500ms --peer ${socket.peer.address} --rport ${socket.peer.port}`,
      advice:
        'A firewall or security group that drops in silence, a wrong route, or a peer that is down: try from another host.',
    }
  })
  return { findings, ruledOut: [] }
}
