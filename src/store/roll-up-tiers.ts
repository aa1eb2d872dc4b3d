import type { StoredRecord } from '../model/record.ts'

const hourMs = 3_600_000

/** Steps that are older than `afterMs` become steps of `spanMs`. */
export interface RollUpTier {
  afterMs: number
  spanMs: number
}

/** A store may have this one alone. */
export const coarsestTier: RollUpTier = { afterMs: 24 * hourMs, spanMs: 600_000 }

/** Of several that fit, the later ones follow the earlier. */
export const rollUpTiers: readonly RollUpTier[] = [{ afterMs: 12 * hourMs, spanMs: 60_000 }, coarsestTier]

/** Makes of records of shorter steps those of steps of `spanMs`. Records that stay as they are, are the same objects. */
export type RollUp = (records: readonly StoredRecord[], spanMs: number) => StoredRecord[]
