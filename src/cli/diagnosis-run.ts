import { diagnose } from '../diagnose/diagnose.ts'
import type { ServiceRule } from '../identity/identities.ts'
import { includesNumber, type Filter } from '../model/filter.ts'
import type { Diagnosis } from '../model/finding.ts'
import { Observer, observedWishes } from '../pipeline/observer.ts'
import { Snapshots } from '../pipeline/snapshots.ts'
import type { Watch } from '../pipeline/watch.ts'
import type { Incident } from '../model/incident.ts'
import type { Observation } from '../model/observation.ts'
import { keepingIncidents } from '../pipeline/incident-sinks.ts'
import { Incidents } from '../track/incidents.ts'
import { shiftedObservation } from '../track/shifted-observation.ts'
import { liveRun, type LiveRunOptions, type LiveRunResult } from './live-run.ts'

/** How finely it is known when who sent. */
const harvestMs = 250
/** What takes longer is an incident. */
const incidentNs = 5e6
const mostIncidents = 100

export interface DiagnosisRunOptions extends Omit<LiveRunOptions, 'watch' | 'mayLackSignals'> {
  filter: Filter
  serviceOf?: ServiceRule | undefined
  ringBytes: number
  /** Incidents have what their socket did before. */
  withHistories?: true
  /** Everything is attached. */
  onStart?: (watch: Watch) => void
}

export interface DiagnosisRunResult extends LiveRunResult {
  diagnosis: Diagnosis
  /** When it ended, in nanoseconds since 1970. */
  unixNs: bigint
  /** What was seen; times in it, and in the diagnosis, are nanoseconds after the begin. */
  observation: Observation
  /** The begin, in milliseconds since 1970. */
  startUnixMs: number
  /** What took long or failed. */
  incidents: readonly Incident[]
}

/**
 * Looks at this host for a while, then says what is the matter.
 *
 * @throws OperatorError where the kernel does not let it
 */
export async function diagnosisRun(options: DiagnosisRunOptions): Promise<DiagnosisRunResult> {
  const { filter, serviceOf, ringBytes, withHistories, onStart, ...runOptions } = options
  const history = withHistories && { overNs: incidentNs }
  const observer = new Observer()
  const snapshots = new Snapshots(filter, serviceOf)
  let harvest: NodeJS.Timeout | undefined
  let unixNs = 0n
  let start = { ns: 0, unixNs: 0n }
  let unixNsOf = (timeNs: number): bigint => BigInt(Math.round(timeNs))
  const incidents = new Incidents({ unixNs: (timeNs) => unixNsOf(timeNs), maxTaken: mostIncidents })
  let taken: readonly Incident[] = []
  try {
    const before = await snapshots.take()
    const signals = [...observedWishes.signals, ...(runOptions.childArgs ? (['command'] as const) : [])]
    const result = await liveRun(
      {
        ...runOptions,
        watch: { ...observedWishes, signals, filter, serviceOf, ringBytes, history },
        mayLackSignals: true,
      },
      {
        onStart: (watch) => {
          unixNsOf = (timeNs) => watch.unixNs(timeNs)
          start = { ns: watch.now(), unixNs: watch.unixNs(watch.now()) }
          harvest = setInterval(() => {
            observer.addHarvest(watch.harvest(), watch.now())
            taken = slowest([...taken, ...incidents.take()])
          }, harvestMs)
          onStart?.(watch)
        },
        onStop: (watch) => {
          clearInterval(harvest)
          unixNs = watch.unixNs(watch.now())
        },
        sinks: keepingIncidents(observer.sinks, incidents, incidentNs),
      },
    )
    const now = await snapshots.take()
    const isWanted = (netns: number): boolean => includesNumber(filter.netns, netns)
    const observation = observer.observation(
      result.activities,
      result.durationNs,
      before,
      now,
      isWanted,
      result.signals,
    )
    const seen = shiftedObservation(observation, -start.ns)
    return {
      ...result,
      diagnosis: diagnose(seen),
      unixNs,
      observation: seen,
      startUnixMs: Number(start.unixNs / 1_000_000n),
      incidents: slowest([...taken, ...incidents.take()]),
    }
  } finally {
    clearInterval(harvest)
    snapshots.close()
  }
}

function slowest(incidents: readonly Incident[]): Incident[] {
  return incidents.toSorted((a, b) => b.sample.latencyNs - a.sample.latencyNs).slice(0, mostIncidents)
}
