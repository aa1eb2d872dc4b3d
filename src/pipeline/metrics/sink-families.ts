import type { MetricFamily } from '../../model/metric.ts'
import type { StoreStatus } from '../../store/store.ts'
import type { Alerting } from '../alerting.ts'
import { hostFamily } from './host-counters.ts'

const recording: Record<StoreStatus['state'], number> = { recording: 1, spooling: 0.5, paused: 0 }

/** How the flight recorder is. */
export function recorderFamilies(status: StoreStatus): MetricFamily[] {
  const { state, bytes, spooledBytes, droppedRecords, setAside } = status
  return [
    hostFamily('historyState', one(recording[state])),
    hostFamily('historyBytes', bytes === undefined ? [] : one(bytes)),
    hostFamily('historySpooled', one(spooledBytes)),
    hostFamily('historyDropped', one(droppedRecords)),
    hostFamily('historySetAside', one(setAside)),
  ]
}

/** What OTLP gave up. */
export function otlpFamilies(dropped: Readonly<Record<string, number>>): MetricFamily[] {
  const points = Object.entries(dropped).map(([signal, value]) => ({ labels: { signal }, value }))
  return [hostFamily('otlpDropped', points)]
}

/** What fires, and what became of the messages about it. */
export function alertFamilies(alerting: Pick<Alerting, 'firing' | 'tallies'>): MetricFamily[] {
  const messages = alerting.tallies().flatMap(({ receiver, delivered, failed, dropped }) =>
    Object.entries({ delivered, failed, dropped }).map(([outcome, value]) => ({
      labels: { receiver, outcome },
      value,
    })),
  )
  return [
    hostFamily(
      'alertsFiring',
      alerting.firing().map(({ rule, firing }) => ({ labels: { rule }, value: firing })),
    ),
    hostFamily('alertMessages', messages),
  ]
}

function one(value: number): MetricFamily['points'] {
  return [{ labels: {}, value }]
}
