import { peerText } from '../../model/edge-text.ts'
import type { Finding } from '../../model/finding.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { msText, weightOf, who } from '../words.ts'

/** Delayed acknowledgements alone, of a peer that has nothing to answer, add up to 40 ms. */
const leastExtraUs = 45_000
const leastRatio = 4

/** Packets that stand in a queue on the way: the round trip takes far longer than it could. */
export const pathQueueing: Rule = ({ edges }) => {
  const queued = edges.filter(
    ({ edge, rttUs = 0, minRttUs }) =>
      edge.process && minRttUs !== undefined && rttUs - minRttUs > leastExtraUs && rttUs > leastRatio * minRttUs,
  )
  if (queued.length === 0)
    return ruledOut('path-queueing', 'no round trip took much longer than the least of its connection')
  return {
    findings: queued.map(({ edge, rttUs = 0, minRttUs = 0, counts }): Finding => ({
      cause: 'path-queueing',
      culprit: edge.process,
      sentence: `Packets of ${who(edge.process!)} ${peerText(edge)} stand in a queue on the way for ${msText((rttUs - minRttUs) * 1000)}.`,
      sinceNs: undefined,
      evidence: [
        `the round trip takes ${msText(rttUs * 1000)}, its least was ${msText(minRttUs * 1000)}`,
        `${Object.values(counts.retransmits).reduce((sum, count) => sum + count, 0)} segments were sent again`,
      ],
      confidence: 0.85,
      weight: weightOf((rttUs - minRttUs) * 1000, 40e6),
      confirm: `ss -ti dst ${edge.peerAddress}; tc -s qdisc`,
      advice:
        'Something fills a link on the path: shape it where it is full, use a fair queue (fq_codel, cake), or congestion control that keeps queues short (bbr).',
    })),
    ruledOut: [],
  }
}
