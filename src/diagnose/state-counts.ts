import type { Observation } from '../model/observation.ts'

/** Sockets of a state now, whosever they are. */
export function countOf(states: Observation['states'], state: string): number {
  return states.filter((count) => count.state === state).reduce((sum, { now }) => sum + now, 0)
}
