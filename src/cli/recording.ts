import type { StoredRecord } from '../model/record.ts'
import { recordsOf } from '../store/observation-records.ts'
import type { DiagnosisRunResult } from './diagnosis-run.ts'

/** The records of a run: one step, as long as it was. */
export function recordsOfRun(
  { observation, diagnosis, startUnixMs, incidents, books }: DiagnosisRunResult,
  host: string,
): StoredRecord[] {
  return recordsOf({
    host,
    startUnixMs,
    spanMs: observation.spanNs / 1e6,
    observation,
    diagnosis,
    diagnosedFromUnixMs: startUnixMs,
    incidents,
    books,
  })
}
