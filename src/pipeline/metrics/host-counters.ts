import type { MetricFamily } from '../../model/metric.ts'
import type { PressureName, Survey } from '../../model/host-facts.ts'
import { factChanges } from '../../track/fact-changes.ts'
import { familyOf, hostMetrics, type HostMetricName } from './metric-definitions.ts'

/** The host's own namespace, and all others together. */
type Place = 'host' | 'other'

type CounterName = 'conntrackInsertFailed' | 'conntrackDrops' | 'listenOverflows'

const extents = ['some', 'full'] as const

/** What surveys of the host tell, as metrics: counters are sums of what rose between two of them. */
export class HostCounters {
  readonly #hostNetns: number | undefined
  readonly #counters = new Map<CounterName, Map<Place, number>>()
  /** Seconds. */
  readonly #stalled = new Map<`${PressureName} ${(typeof extents)[number]}`, number>()
  #last: Survey | undefined

  /** @param hostNetns inode of the host's own network namespace */
  constructor(hostNetns: number | undefined) {
    this.#hostNetns = hostNetns
  }

  add(survey: Survey): void {
    const before = this.#last
    if (before && survey.takenAtMs <= before.takenAtMs) return
    this.#last = survey
    for (const { netns, conntrack } of survey.namespaces) {
      this.#rise('listenOverflows', netns, 0)
      if (!conntrack?.counters) continue
      this.#rise('conntrackInsertFailed', netns, 0)
      this.#rise('conntrackDrops', netns, 0)
    }
    this.#addPressure(before, survey)
    for (const { netns, tcp, conntrack } of before ? factChanges(before, survey).namespaces : []) {
      this.#rise('listenOverflows', netns, tcp.listenOverflows.count)
      if (!conntrack) continue
      this.#rise('conntrackInsertFailed', netns, conntrack.insertFailed.count)
      this.#rise('conntrackDrops', netns, conntrack.drop.count)
    }
  }

  #addPressure(before: Survey | undefined, { host: { pressure } }: Survey): void {
    for (const resource of Object.keys(pressure) as PressureName[]) {
      for (const extent of extents) {
        const nowUs = pressure[resource]?.[extent]?.totalUs
        if (nowUs === undefined) continue
        const roseUs = Math.max(0, nowUs - (before?.host.pressure[resource]?.[extent]?.totalUs ?? nowUs))
        const key = `${resource} ${extent}` as const
        this.#stalled.set(key, (this.#stalled.get(key) ?? 0) + roseUs / 1e6)
      }
    }
  }

  #placeOf(netns: number): Place {
    return netns === this.#hostNetns ? 'host' : 'other'
  }

  #rise(name: CounterName, netns: number, count: number): void {
    const counters = this.#counters.get(name) ?? new Map<Place, number>()
    this.#counters.set(name, counters)
    const place = this.#placeOf(netns)
    counters.set(place, (counters.get(place) ?? 0) + count)
  }

  families(): MetricFamily[] {
    const tracked = this.#fullest()
    const counterFamily = (name: CounterName): MetricFamily =>
      hostFamily(
        name,
        [...(this.#counters.get(name) ?? [])].map(([netns, value]) => ({ labels: { netns }, value })),
      )
    return [
      hostFamily(
        'conntrackEntries',
        tracked.map(({ netns, count }) => ({ labels: { netns }, value: count })),
      ),
      hostFamily(
        'conntrackLimit',
        tracked.map(({ netns, max }) => ({ labels: { netns }, value: max })),
      ),
      counterFamily('conntrackInsertFailed'),
      counterFamily('conntrackDrops'),
      counterFamily('listenOverflows'),
      hostFamily(
        'pressure',
        [...this.#stalled].map(([key, value]) => {
          const [resource = '', extent = ''] = key.split(' ')
          return { labels: { resource, extent }, value }
        }),
      ),
    ]
  }

  #fullest(): { netns: Place; count: number; max: number }[] {
    const facts = this.#last?.namespaces ?? []
    return (['host', 'other'] as const).flatMap((netns) => {
      const tracked = facts.flatMap(({ netns: inode, conntrack }) =>
        conntrack && this.#placeOf(inode) === netns ? { netns, count: conntrack.count, max: conntrack.max } : [],
      )
      return tracked.toSorted((a, b) => b.count / b.max - a.count / a.max).slice(0, 1)
    })
  }
}

export function hostFamily(name: HostMetricName, points: MetricFamily['points']): MetricFamily {
  return familyOf(hostMetrics[name], points)
}
