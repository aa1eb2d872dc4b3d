import type { EdgeActivity } from '../model/edge.ts'
import { addActivity, noActivity } from './edge-activity.ts'

/** What each process did over each protocol, whomever it talked to; the activities are left as they are. */
export function byProcess(activities: readonly EdgeActivity[]): EdgeActivity[] {
  return merged(activities, ({ edge }) => `${edge.process?.pid ?? ''} ${edge.process?.startNs ?? ''} ${edge.protocol}`)
}

/**
 * Sums of the activities that have a key in common, each under the edge of the first of them without its peer.
 *
 * @param keyOf activities with the same key are one
 */
export function merged(activities: readonly EdgeActivity[], keyOf: (activity: EdgeActivity) => string): EdgeActivity[] {
  const sums = new Map<string, EdgeActivity>()
  for (const activity of activities) {
    const key = keyOf(activity)
    let sum = sums.get(key)
    if (!sum) {
      const { process, protocol } = activity.edge
      sum = noActivity({ process, protocol, role: 'any', peerAddress: undefined, port: undefined, netns: undefined })
      sums.set(key, sum)
    }
    addActivity(sum, activity)
  }
  return [...sums.values()]
}
