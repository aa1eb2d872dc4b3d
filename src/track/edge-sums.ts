import type { Edge, EdgeActivity } from '../model/edge.ts'
import { addActivity, noActivity } from './edge-activity.ts'

/** Adds up what each edge did, harvest after harvest. */
export class EdgeSums {
  readonly #sums = new Map<Edge, EdgeActivity>()

  add(activities: readonly EdgeActivity[]): void {
    for (const activity of activities) {
      const sum = this.#sums.get(activity.edge) ?? noActivity(activity.edge)
      this.#sums.set(activity.edge, sum)
      addActivity(sum, activity)
    }
  }

  /** The sums since the last call. */
  take(): EdgeActivity[] {
    const sums = [...this.#sums.values()]
    this.#sums.clear()
    return sums
  }
}
