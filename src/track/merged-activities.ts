import { edgeKey } from '../model/edge-text.ts'
import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import { stageNames, type Edge, type EdgeActivity } from '../model/edge.ts'
import { addActivity } from './edge-activity.ts'

/** Kept apart; those beyond are summed up for each protocol. */
const maxEdges = 4096

/** Stands for each stage without samples; never added to. */
const noSamples = new LogLinearHistogram()

const others = {
  process: undefined,
  role: 'any',
  peerAddress: undefined,
  port: undefined,
  netns: undefined,
} as const

/** What each edge did in several windows of time. What is given is not changed, but may be part of what is returned. */
export function mergedActivities(windows: readonly (readonly EdgeActivity[])[]): EdgeActivity[] {
  const merged = new Map<string, { sum: EdgeActivity; isOwn: boolean }>()
  for (const activity of windows.flat()) {
    const ownKey = edgeKey(activity.edge)
    const isKept = merged.has(ownKey) || merged.size < maxEdges
    const edge: Edge = isKept ? activity.edge : { ...others, protocol: activity.edge.protocol }
    const key = isKept ? ownKey : edgeKey(edge)
    const known = merged.get(key)
    if (!known) {
      merged.set(key, { sum: { ...activity, edge }, isOwn: false })
      continue
    }
    if (!known.isOwn) known.sum = copyOf(known.sum)
    known.isOwn = true
    for (const stage of stageNames)
      if (known.sum.stages[stage] === noSamples && activity.stages[stage].count > 0)
        known.sum.stages[stage] = new LogLinearHistogram()
    addActivity(known.sum, activity)
    if (edge.process?.identity) known.sum.edge = edge
  }
  return [...merged.values()].map(({ sum }) => sum)
}

function copyOf(activity: EdgeActivity): EdgeActivity {
  const { counts, stages } = activity
  const copied = stageNames.map((stage) => [stage, stages[stage].count === 0 ? noSamples : histogramOf(stages[stage])])
  return {
    ...activity,
    counts: { ...counts, retransmits: { ...counts.retransmits } },
    stages: Object.fromEntries(copied) as EdgeActivity['stages'],
  }
}

function histogramOf(histogram: LogLinearHistogram): LogLinearHistogram {
  const copy = new LogLinearHistogram()
  copy.merge(histogram)
  return copy
}
