import type { StoredRecord } from '../../src/model/record.ts'

/** A roll-up of records whose bodies are `{ count }`: adds up the counts of each key; findings and moments stay as they are. */
export function addUp(records: readonly StoredRecord[], spanMs: number): StoredRecord[] {
  const stays = (one: StoredRecord): boolean => one.kind === 'finding' || one.spanMs === 0
  const sums = new Map<string, StoredRecord>()
  for (const one of records) {
    if (stays(one)) continue
    const { count } = one.body as { count: number }
    const sum = sums.get(`${one.kind} ${one.key}`)
    const timeUnixMs = Math.floor(one.timeUnixMs / spanMs) * spanMs
    const before = sum ? (sum.body as { count: number }).count : 0
    sums.set(`${one.kind} ${one.key}`, { ...one, timeUnixMs, spanMs, body: { count: before + count } })
  }
  return [...sums.values(), ...records.filter(stays)]
}
