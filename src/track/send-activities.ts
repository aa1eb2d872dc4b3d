import { serviceOf } from '../model/container.ts'
import type { EdgeActivity } from '../model/edge.ts'
import { sendActivityKey, type SendActivity, type SendGrouping } from '../model/send-activity.ts'
import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'

/**
 * The sends in these activities, which hold each process once for each protocol, summed up by process or by service, the
 * worst p95 first.
 */
export function sendActivities(activities: readonly EdgeActivity[], grouping: SendGrouping): SendActivity[] {
  const sums = new Map<string, SendActivity>()
  for (const { edge, counts, stages } of activities) {
    if (stages.send.count === 0) continue
    const service = edge.process && serviceOf(edge.process)
    const process = grouping === 'process' ? edge.process : undefined
    const none: SendActivity = { ...nothing, process, service, protocol: edge.protocol, histogram: stages.send }
    const key = sendActivityKey(none)
    const sum = sums.get(key) ?? { ...none, histogram: new LogLinearHistogram() }
    sums.set(key, sum)
    sum.histogram.merge(stages.send)
    if (edge.process) sum.processCount++
    sum.bytes += counts.sentBytes
    sum.blockedNs += counts.sendBlockedNs
    sum.wouldBlocks += counts.wouldBlocks
    sum.zeroWindows += counts.zeroWindows
  }
  return [...sums.values()].toSorted(
    (a, b) => p95Ns(b) - p95Ns(a) || b.histogram.maxNs - a.histogram.maxNs || b.histogram.count - a.histogram.count,
  )
}

const nothing = { processCount: 0, bytes: 0, blockedNs: 0, wouldBlocks: 0, zeroWindows: 0 }

function p95Ns({ histogram }: SendActivity): number {
  return histogram.quantileNs(0.95) ?? 0
}
