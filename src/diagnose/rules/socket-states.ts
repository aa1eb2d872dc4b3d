import type { Finding } from '../../model/finding.ts'
import type { Observation, StateCount } from '../../model/observation.ts'
import { ruledOut, type Judgement, type Rule } from '../rule.ts'
import { endpointText, percentText, processOf, weightOf, who } from '../words.ts'

const leastLeak = 10
const manyTimeWaits = 1000
const leastHalfOpen = 50
const portShare = 0.5

/** Too many sockets of one state: never closed, in TIME_WAIT, half open. */
export const socketStates: Rule = (observation) => {
  const judgements = [leaks(observation), timeWaits(observation), floods(observation)]
  return {
    findings: judgements.flatMap(({ findings }) => findings),
    ruledOut: judgements.flatMap((judgement) => judgement.ruledOut),
  }
}

function leaks({ states }: Observation): Judgement {
  const leaking = states.filter(
    ({ state, before, now, owner }) =>
      state === 'CLOSE_WAIT' && owner && (now - before >= leastLeak || (now >= 5 * leastLeak && now >= before)),
  )
  const all = countOf(states, 'CLOSE_WAIT')
  if (leaking.length === 0)
    return ruledOut('close-wait-leak', `${all} sockets are in CLOSE_WAIT, and they do not grow in number`)
  return {
    findings: leaking.map(({ owner, before, now }): Finding => ({
      cause: 'close-wait-leak',
      culprit: owner && processOf(owner),
      sentence: `${owner ? who(owner) : 'A process'} does not close connections that its peers have closed: ${now} are in CLOSE_WAIT.`,
      sinceNs: undefined,
      evidence: [`${now} sockets in CLOSE_WAIT, ${now - before} more than at the begin`],
      confidence: 0.95,
      weight: weightOf(Math.max(now - before, now / 10), 20),
      confirm: 'wirelag states --state CLOSE_WAIT --by service',
      advice:
        'A read that returns 0 must be followed by close(); look for a path that forgets it, such as an exception.',
    })),
    ruledOut: [],
  }
}

function timeWaits({ states, namespaces }: Observation): Judgement {
  const many = states.filter(({ state, now, netns }) => {
    const range = namespaces.find((namespace) => namespace.now.netns === netns)?.now.portRange
    const ports = range ? range.high - range.low + 1 - range.reserved : Infinity
    return state === 'TIME_WAIT' && (now >= manyTimeWaits || now > portShare * ports)
  })
  if (many.length === 0) return ruledOut('time-wait-storm', `${countOf(states, 'TIME_WAIT')} sockets are in TIME_WAIT`)
  return { findings: many.map((count) => stormFinding(count, namespaces)), ruledOut: [] }
}

function stormFinding({ owner, netns, peer, before, now }: StateCount, namespaces: Observation['namespaces']): Finding {
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
    ],
    confidence: 0.9,
    weight: weightOf(ports ? now / ports : now / 10_000, 0.5),
    confirm: 'wirelag states --by peer',
    advice:
      'Keep connections open (pool, keep-alive): who closes first keeps the TIME_WAIT. net.ipv4.tcp_tw_reuse helps clients.',
  }
}

/** Half-open connections that nobody ends, from whoever sends SYNs. */
function floods({ states, namespaces }: Observation): Judgement {
  const findings = namespaces.flatMap(({ before, now }): Finding[] => {
    const halfOpen = states.filter(
      ({ state, netns }) => (state === 'NEW_SYN_RECV' || state === 'SYN_RECV') && netns === now.netns,
    )
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
  const halfOpen = countOf(states, 'NEW_SYN_RECV') + countOf(states, 'SYN_RECV')
  return ruledOut('syn-flood', `${halfOpen} connections are half open, and no SYN cookie was needed`)
}

function countOf(states: Observation['states'], state: string): number {
  return states.filter((count) => count.state === state).reduce((sum, { now }) => sum + now, 0)
}
