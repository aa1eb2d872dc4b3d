import assert from 'node:assert/strict'

/** Fails unless both hold the same values, in whatever order. */
export function assertSameRows(actual: readonly unknown[], expected: readonly unknown[]): void {
  const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted()
  assert.deepEqual(sorted(actual), sorted(expected))
}
