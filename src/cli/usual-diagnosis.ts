import { diagnose } from '../diagnose/diagnose.ts'
import { serviceOf } from '../model/container.ts'
import type { Cause, Diagnosis } from '../model/finding.ts'
import type { Observation } from '../model/observation.ts'
import type { Store } from '../store/store.ts'
import { stateNormals } from './state-normals.ts'

/** Findings that say how far a figure is from what is usual. */
const compared: ReadonlySet<Cause> = new Set(['close-wait-leak', 'time-wait-storm'])

/** Whether a history has something to say to it. */
export function asksForNormals({ findings }: Diagnosis): boolean {
  return findings.some(({ cause }) => compared.has(cause))
}

/**
 * The same diagnosis, with what is usual on this host at this time of day in the evidence, where the history knows.
 *
 * @param host undefined: the only one that the store has
 */
export async function withNormals(
  diagnosis: Diagnosis,
  observation: Observation,
  store: Store,
  { host, atUnixMs }: { host: string | undefined; atUnixMs: number },
): Promise<Diagnosis> {
  if (!asksForNormals(diagnosis)) return diagnosis
  const owners = observation.states.flatMap(({ owner }) => (owner ? [serviceOf(owner)] : []))
  const normals = await stateNormals(store, host, atUnixMs, owners)
  if (normals.length === 0) return diagnosis
  const anew = diagnose({ ...observation, normals })
  return {
    ...diagnosis,
    findings: diagnosis.findings.map(
      (finding) =>
        anew.findings.find(({ cause, culprit }) => cause === finding.cause && culprit?.pid === finding.culprit?.pid) ??
        finding,
    ),
  }
}
