import type { StoredRecord } from '../../src/model/record.ts'
import { record, sampleTimeUnixMs } from './records.ts'

export const recordsPerBatch = 40

/** The batch with that number: which it is, and how long it must be, stands in each of its records. */
export function numberedBatch(batch: number): StoredRecord[] {
  return Array.from({ length: recordsPerBatch }, (_, i) =>
    record({
      timeUnixMs: sampleTimeUnixMs + batch,
      key: `${i}`,
      service: `service ${i % 7}`,
      body: { batch, i, text: `${batch} of `.repeat(i) },
    }),
  )
}
