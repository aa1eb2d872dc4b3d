import { serviceOf } from '../model/container.ts'
import type { StoredRecord } from '../model/record.ts'
import { decoded } from './lossless-json.ts'
import type { StatesBody } from './record-bodies.ts'

/** Sockets of a service in a state, step by step. */
export interface StateSeries {
  service: string
  state: string
  samples: { unixMs: number; value: number }[]
}

/**
 * How many sockets each service had in each state at each step of one host: 0 where the step has none.
 *
 * @param records of the kinds `span` and `states`
 */
export function stateSeries(records: readonly StoredRecord[], states: readonly string[]): StateSeries[] {
  const steps = [...new Set(records.filter(({ kind }) => kind === 'span').map(({ timeUnixMs }) => timeUnixMs))]
  const series = new Map<string, { service: string; state: string; values: Map<number, number> }>()
  for (const { kind, timeUnixMs, body } of records) {
    if (kind !== 'states') continue
    const { owner, states: counts } = decoded(body) as StatesBody
    const service = owner ? serviceOf(owner) : ''
    for (const { state, now } of counts) {
      if (!states.includes(state)) continue
      const key = `${state} ${service}`
      const one = series.get(key) ?? { service, state, values: new Map<number, number>() }
      series.set(key, one)
      one.values.set(timeUnixMs, (one.values.get(timeUnixMs) ?? 0) + now)
    }
  }
  return [...series.values()].map(({ service, state, values }) => ({
    service,
    state,
    samples: steps.map((unixMs) => ({ unixMs, value: values.get(unixMs) ?? 0 })),
  }))
}
