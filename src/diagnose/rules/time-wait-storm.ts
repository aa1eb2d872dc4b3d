import type { Finding } from '../../model/finding.ts'
import type { Observation, StateCount } from '../../model/observation.ts'
import { normalEvidence } from '../normal-evidence.ts'
import { countOf } from '../state-counts.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { endpointText, percentText, processOf, weightOf, who } from '../words.ts'

const manyTimeWaits = 1000
/** Of the local ports that there are to one peer. */
const portShare = 0.5

/** Thousands of connections that were closed a moment ago. */
export const timeWaitStorm: Rule = (observation) => {
  const { states, namespaces } = observation
  const many = states.filter(({ state, now, netns }) => {
    const range = namespaces.find((namespace) => namespace.now.netns === netns)?.now.portRange
    const ports = range ? range.high - range.low + 1 - range.reserved : Infinity
    return state === 'TIME_WAIT' && (now >= manyTimeWaits || now > portShare * ports)
  })
  if (many.length === 0) return ruledOut('time-wait-storm', `${countOf(states, 'TIME_WAIT')} sockets are in TIME_WAIT`)
  return { findings: many.map((count) => stormFinding(count, observation)), ruledOut: [] }
}

function stormFinding(
  { owner, netns, peer, before, now }: StateCount,
  { namespaces, states, normals }: Observation,
): Finding {
  const range = namespaces.find((namespace) => namespace.now.netns === netns)?.now.portRange
  const ports = range && range.high - range.low + 1 - range.reserved
  return {
    cause: 'time-wait-storm',
    culprit: owner && processOf(owner),
    sentence: `${owner ? who(owner) : `Network namespace ${netns}`} closes so many connections${peer ? ` with ${endpointText(peer)}` : ''} that ${now} sockets are in TIME_WAIT.`,
    sinceNs: undefined,
    evidence: [
      `${now} sockets in TIME_WAIT, where each stays 60 s; ${now - before} more than at the begin`,
      ...(ports ? [`that is ${percentText(now / ports)} of the ${ports} local ports to one peer`] : []),
      ...normalEvidence(states, normals, 'TIME_WAIT', owner),
    ],
    confidence: 0.9,
    weight: weightOf(ports ? now / ports : now / 10_000, 0.5),
    confirm: 'wirelag states --by peer',
    advice:
      'Keep connections open (pool, keep-alive): who closes first keeps the TIME_WAIT. net.ipv4.tcp_tw_reuse helps clients.',
  }
}
