import type { IdentityFilter } from '../model/filter.ts'
import type { Incident } from '../model/incident.ts'
import type { SlowSample } from '../model/slow-sample.ts'
import { recordedIncidents } from './recorded-steps.ts'
import type { Store } from './store.ts'

export interface IncidentWishes {
  fromUnixMs: number
  toUnixMs: number
  /** Undefined: all. */
  hosts?: readonly string[] | undefined
  filter?: IdentityFilter
  /** Only those in whose record it stands: an address, a comm, an errno. */
  text?: string | undefined
  overNs?: number | undefined
  whats?: ReadonlySet<SlowSample['what']> | undefined
  sort: 'slowest' | 'latest'
  limit: number
}

export interface FoundIncident {
  host: string
  incident: Incident
}

const hourMs = 3_600_000

/**
 * Incidents of a time, of one host or of many: the first by their order, and how many there are in all. Read an hour at a time.
 *
 * @throws OperatorError where the store cannot be read
 */
export async function searchIncidents(
  store: Store,
  wishes: IncidentWishes,
): Promise<{ found: FoundIncident[]; count: number }> {
  const { fromUnixMs, toUnixMs, hosts, filter, text, sort, limit } = wishes
  let found: FoundIncident[] = []
  let count = 0
  for (let from = fromUnixMs; from < toUnixMs; from += hourMs) {
    const part = { fromUnixMs: from, toUnixMs: Math.min(from + hourMs, toUnixMs), kinds: ['incident' as const] }
    const whose = { ...(hosts ? { hosts } : {}), ...(text === undefined ? {} : { text }) }
    const records = await store.read({ ...part, ...whose, ...filter })
    const fitting = recordedIncidents(records).filter(({ incident }) => fits(incident, wishes))
    count += fitting.length
    found = [...found, ...fitting].toSorted(orders[sort]).slice(0, limit)
  }
  return { found, count }
}

function fits({ sample: { what, latencyNs } }: Incident, { overNs, whats }: IncidentWishes): boolean {
  return (overNs === undefined || latencyNs > overNs) && (whats?.has(what) ?? true)
}

const orders: Record<IncidentWishes['sort'], (a: FoundIncident, b: FoundIncident) => number> = {
  slowest: (a, b) => b.incident.sample.latencyNs - a.incident.sample.latencyNs,
  latest: (a, b) => Number(b.incident.unixNs - a.incident.unixNs),
}
