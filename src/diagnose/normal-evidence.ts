import { serviceOf } from '../model/container.ts'
import { isUnusual, normalText } from '../model/normal.ts'
import type { Observation } from '../model/observation.ts'
import type { Task } from '../model/process.ts'

/** How many sockets in a state the owner's service has against what is usual; nothing where that is not known. */
export function normalEvidence(
  states: Observation['states'],
  normals: Observation['normals'],
  state: string,
  owner: Task | undefined,
): string[] {
  if (!owner) return []
  const service = serviceOf(owner)
  const normal = normals?.find((one) => one.service === service && one.state === state)
  if (!normal) return []
  const now = states
    .filter((count) => count.state === state && count.owner && serviceOf(count.owner) === service)
    .reduce((sum, count) => sum + count.now, 0)
  const remark = isUnusual(now, normal) ? '' : ': not unusual'
  return [`${now} ${state} of ${service}: ${normalText(now, normal)}${remark}`]
}
