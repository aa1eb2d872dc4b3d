import type { DatabaseSync } from 'node:sqlite'

/** The records of one kind and one length of step: they stand by their time in the index `lane`. */
export interface Lane {
  kind: number
  spanMs: number
}

/** More than there can be: a damaged index could go round in circles. */
const maxLanes = 10_000

/** The order is by columns: one by results would sort all that follows. */
export const nextLaneSql = `
  SELECT CAST(kind AS REAL) AS kind, CAST(span AS REAL) AS span FROM record INDEXED BY lane
  WHERE (kind, span) > (?, ?) ORDER BY record.kind, record.span LIMIT 1`

/** Those that hold anything, found by jumping from one to the next. */
export function lanesOf(db: DatabaseSync): Lane[] {
  const next = db.prepare(nextLaneSql)
  const lanes: Lane[] = []
  for (let last: Lane = { kind: -1, spanMs: 0 }; lanes.length < maxLanes;) {
    const row = next.get(last.kind, last.spanMs)
    if (!row) break
    last = { kind: Number(row['kind']), spanMs: Number(row['span']) }
    lanes.push(last)
  }
  return lanes
}
