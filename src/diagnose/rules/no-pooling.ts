import type { Finding } from '../../model/finding.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { endpointText, msText, processOf, weightOf, who } from '../words.ts'

const leastPerSecond = 20
const longestMeanLifeNs = 1e9

/** A client that opens a connection for each request, where it could keep one. */
export const noPooling: Rule = ({ lives, spanNs }) => {
  const perSecond = (opened: number): number => (opened * 1e9) / spanNs
  const busy = lives.filter(
    ({ role, opened, closed, lifeNs }) =>
      role === 'client' && perSecond(opened) >= leastPerSecond && closed > 0 && lifeNs / closed < longestMeanLifeNs,
  )
  const most = Math.max(0, ...lives.filter(({ role }) => role === 'client').map(({ opened }) => perSecond(opened)))
  if (busy.length === 0)
    return ruledOut(
      'no-pooling',
      `no client opens many connections: ${most.toFixed(1)} a second to one peer at the most`,
    )
  return {
    findings: busy.map(({ owner, socket, opened, closed, lifeNs, bytes }): Finding => ({
      cause: 'no-pooling',
      culprit: processOf(owner),
      sentence: `${who(owner)} opens ${perSecond(opened).toFixed(0)} connections a second to ${endpointText(socket.peer)} and keeps none: each costs a handshake.`,
      sinceNs: undefined,
      evidence: [
        `${opened} connections in ${msText(spanNs)}, which lived ${msText(lifeNs / closed)} in the mean and carried ${Math.round(bytes / closed)} bytes each`,
      ],
      confidence: 0.9,
      weight: weightOf(perSecond(opened), 100) * 0.6,
      confirm: `wirelag trace --pid ${owner.pid} --count 20`,
      advice: 'Use a connection pool, or keep-alive; for a proxy its upstream keepalive.',
    })),
    ruledOut: [],
  }
}
