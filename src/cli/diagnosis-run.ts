import { diagnose } from '../diagnose/diagnose.ts'
import type { ServiceRule } from '../identity/identities.ts'
import { includesNumber, type Filter } from '../model/filter.ts'
import type { Diagnosis } from '../model/finding.ts'
import { Observer, observedWishes } from '../pipeline/observer.ts'
import { Snapshots } from '../pipeline/snapshots.ts'
import type { Watch } from '../pipeline/watch.ts'
import { liveRun, type LiveRunOptions, type LiveRunResult } from './live-run.ts'

/** How finely it is known when who sent. */
const harvestMs = 250

export interface DiagnosisRunOptions extends Omit<LiveRunOptions, 'watch' | 'mayLackSignals'> {
  filter: Filter
  serviceOf?: ServiceRule | undefined
  ringBytes: number
  /** Everything is attached. */
  onStart?: (watch: Watch) => void
}

export interface DiagnosisRunResult extends LiveRunResult {
  diagnosis: Diagnosis
  /** When it ended, in nanoseconds since 1970. */
  unixNs: bigint
}

/**
 * Looks at this host for a while, then says what is the matter.
 *
 * @throws OperatorError where the kernel does not let it
 */
export async function diagnosisRun(options: DiagnosisRunOptions): Promise<DiagnosisRunResult> {
  const { filter, serviceOf, ringBytes, onStart, ...runOptions } = options
  const observer = new Observer()
  const snapshots = new Snapshots(filter, serviceOf)
  let harvest: NodeJS.Timeout | undefined
  let unixNs = 0n
  try {
    const before = await snapshots.take()
    const signals = [...observedWishes.signals, ...(runOptions.childArgs ? (['command'] as const) : [])]
    const result = await liveRun(
      { ...runOptions, watch: { ...observedWishes, signals, filter, serviceOf, ringBytes }, mayLackSignals: true },
      {
        onStart: (watch) => {
          harvest = setInterval(() => observer.addHarvest(watch.harvest(), watch.now()), harvestMs)
          onStart?.(watch)
        },
        onStop: (watch) => {
          clearInterval(harvest)
          unixNs = watch.unixNs(watch.now())
        },
        sinks: observer.sinks,
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
    return { ...result, diagnosis: diagnose(observation), unixNs }
  } finally {
    clearInterval(harvest)
    snapshots.close()
  }
}
