import type { StoredRecord } from '../../src/model/record.ts'

/** When made records are of, where nothing else is said. */
export const sampleTimeUnixMs = Date.UTC(2026, 0, 2, 3, 17)

/** An edge of one step, but for what is given. */
export function record(parts: Partial<StoredRecord>): StoredRecord {
  return {
    kind: 'edge',
    host: 'h1',
    timeUnixMs: sampleTimeUnixMs,
    spanMs: 10_000,
    service: 'web',
    container: '',
    pod: '',
    namespace: '',
    key: 'web>db',
    body: { count: 1 },
    ...parts,
  }
}
