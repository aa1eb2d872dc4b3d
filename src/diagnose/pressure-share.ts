import type { HostFacts } from '../model/host-facts.ts'

/** Of the span, in which at least one task waited. */
export function pressureShare(before: HostFacts, now: HostFacts, name: 'cpu' | 'memory', spanNs: number): number {
  const [first, last] = [before.pressure[name]?.some, now.pressure[name]?.some]
  return first && last ? Math.min(1, ((last.totalUs - first.totalUs) * 1000) / spanNs) : 0
}
