import type { Finding } from '../../model/finding.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { msText, weightOf, who } from '../words.ts'

const leastMeanNs = 10e6
const leastCount = 3

/** Connections that are established, and wait for accept(). */
export const slowAccept: Rule = ({ edges }) => {
  const late = edges.filter(
    ({ stages }) =>
      stages.acceptQueue.count >= leastCount && stages.acceptQueue.sumNs / stages.acceptQueue.count > leastMeanNs,
  )
  const findings = late.flatMap(({ edge, stages }): Finding[] => {
    if (!edge.process) return []
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
  if (findings.length > 0) return { findings: distinct(findings), ruledOut: [] }
  const longestNs = Math.max(0, ...edges.map(({ stages }) => stages.acceptQueue.maxNs))
  return ruledOut('slow-accept', `no connection waited longer than ${msText(longestNs)} to be accepted`)
}

/** One for each process. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.cause} ${finding.culprit?.pid}`, finding])).values()]
}
