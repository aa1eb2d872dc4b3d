import type { Finding } from '../../model/finding.ts'
import type { Observation } from '../../model/observation.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { msText, weightOf, who } from '../words.ts'

const leastMeanNs = 10e6
const leastCount = 3

/** Connections that are established and wait for accept(); and listeners whose queue runs over. */
export const slowAccept: Rule = (observation) => {
  const overflows = overflowsOf(observation)
  const late = observation.edges.filter(
    ({ stages }) =>
      stages.acceptQueue.count >= leastCount && stages.acceptQueue.sumNs / stages.acceptQueue.count > leastMeanNs,
  )
  const findings = late.flatMap(({ edge, stages }): Finding[] => {
    if (!edge.process || overflows.some(({ netns }) => netns === edge.netns)) return []
    const { count, sumNs, maxNs } = stages.acceptQueue
    return [
      {
        cause: 'slow-accept',
        culprit: edge.process,
        sentence: `${who(edge.process)} accepts connections ${msText(sumNs / count)} late.`,
        sinceNs: undefined,
        evidence: [
          `${count} connections waited in the accept queue, ${msText(sumNs / count)} in the mean, ${msText(maxNs)} at the longest`,
        ],
        confidence: 0.95,
        weight: weightOf(sumNs / count, 20e6),
        confirm: `wirelag trace --pid ${edge.process.pid} --slow 10ms`,
        advice: 'Accept in a thread of its own, or accept all that are there at once; do no work between two accepts.',
      },
    ]
  })
  findings.push(...overflows.map((overflow) => overflowFinding(overflow, observation)))
  if (findings.length > 0) return { findings: distinct(findings), ruledOut: [] }
  return ruledOut('accept-queue-overflow', 'no listener refused a connection for want of room in its accept queue')
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

function overflowFinding({ netns, overflows, drops }: Overflow, { edges, states, spanNs }: Observation): Finding {
  const full = states.find(({ state, netns: of, owner }) => state === 'LISTEN' && of === netns && owner)
  const server = edges.find(({ edge }) => edge.role === 'server' && edge.netns === netns && edge.process)
  const culprit = full?.owner
    ? {
        pid: full.owner.pid,
        startNs: full.owner.processStartNs,
        comm: full.owner.comm,
        ...(full.owner.identity ? { identity: full.owner.identity } : {}),
      }
    : server?.edge.process
  return {
    cause: 'accept-queue-overflow',
    culprit,
    sentence: `${culprit ? who(culprit) : 'A listener'} does not accept as fast as connections come: its accept queue is full and the kernel drops new ones.`,
    sinceNs: undefined,
    evidence: [
      `${overflows} times in ${msText(spanNs)} the accept queue was full (ListenOverflows), ${drops} connection requests were dropped (ListenDrops)`,
    ],
    confidence: 0.95,
    weight: weightOf(overflows, 2),
    confirm: 'nstat -az TcpExtListenOverflows; ss -ltn',
    advice: 'Accept faster; a longer queue (listen() backlog and net.core.somaxconn) only helps against bursts.',
  }
}

/** One for each process. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.cause} ${finding.culprit?.pid}`, finding])).values()]
}
