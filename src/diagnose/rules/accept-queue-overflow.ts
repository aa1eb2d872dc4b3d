import type { EdgeActivity, EdgeProcess } from '../../model/edge.ts'
import type { Finding } from '../../model/finding.ts'
import type { Observation } from '../../model/observation.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { msText, processOf, weightOf, who } from '../words.ts'

/** A listener that accepts later than this may be the one. */
const lateNs = 10e6

/** Listeners whose accept queue is full, so that the kernel drops what comes. */
export const acceptQueueOverflow: Rule = (observation) => {
  const overflows = overflowsOf(observation)
  if (overflows.length === 0)
    return ruledOut('accept-queue-overflow', 'no listener refused a connection for want of room in its accept queue')
  return { findings: overflows.map((overflow) => overflowFinding(overflow, observation)), ruledOut: [] }
}

interface Overflow {
  netns: number
  overflows: number
  drops: number
}

function overflowsOf({ namespaces }: Observation): Overflow[] {
  return namespaces.flatMap(({ before, now }) => {
    const overflows = now.tcp.listenOverflows - (before?.tcp.listenOverflows ?? 0)
    const drops = now.tcp.listenDrops - (before?.tcp.listenDrops ?? 0)
    return before && overflows > 0 ? [{ netns: now.netns, overflows, drops }] : []
  })
}

/** The only listener of the namespace, or the one that accepts late; with several that may be it, nobody. */
function culpritOf(netns: number, { edges, states }: Observation): EdgeProcess | undefined {
  const listeners = states.flatMap(({ state, netns: of, owner }) =>
    state === 'LISTEN' && of === netns && owner ? owner : [],
  )
  const [first] = listeners
  if (first && listeners.every(({ pid }) => pid === first.pid)) return processOf(first)
  const late = edges
    .filter(({ edge, stages }) => edge.role === 'server' && edge.netns === netns && stages.acceptQueue.sumNs > 0)
    .toSorted((a, b) => meanNs(b) - meanNs(a))
  return late[0] && meanNs(late[0]) > lateNs ? late[0].edge.process : undefined
}

function meanNs({ stages }: EdgeActivity): number {
  return stages.acceptQueue.sumNs / stages.acceptQueue.count
}

function overflowFinding({ netns, overflows, drops }: Overflow, observation: Observation): Finding {
  const culprit = culpritOf(netns, observation)
  return {
    cause: 'accept-queue-overflow',
    culprit,
    sentence: `${culprit ? who(culprit) : `A listener in network namespace ${netns}`} does not accept as fast as connections come: its accept queue is full and the kernel drops new ones.`,
    sinceNs: undefined,
    evidence: [
      `${overflows} times in ${msText(observation.spanNs)} the accept queue was full (ListenOverflows), ${drops} connection requests were dropped (ListenDrops)`,
    ],
    confidence: 0.95,
    weight: weightOf(overflows, 2),
    confirm: 'nstat -az TcpExtListenOverflows; ss -ltn',
    advice: 'Accept faster; a longer queue (listen() backlog and net.core.somaxconn) only helps against bursts.',
  }
}
