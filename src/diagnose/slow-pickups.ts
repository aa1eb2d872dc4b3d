import type { Observation, SlowPickups } from '../model/observation.ts'

/** Fewer say nothing, nor do few among very many. */
const leastCount = 5
const leastShare = 0.01
/** Of the waits that are told one by one. */
const leastMeanNs = 10e6

/** Readers that let data wait so often, and so long, that it matters. */
export function slowReaders({ pickups, edges }: Observation): SlowPickups[] {
  return pickups.filter(({ reader, count, waitedNs }) => {
    const all = edges
      .filter(({ edge }) => edge.process?.pid === reader.pid && edge.process.startNs === reader.processStartNs)
      .reduce((sum, { stages }) => sum + stages.pickup.count, 0)
    return count >= Math.max(leastCount, leastShare * all) && waitedNs / count >= leastMeanNs
  })
}
