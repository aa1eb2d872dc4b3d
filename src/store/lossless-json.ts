/**
 * The same value as JSON can hold it: undefined is null, a bigint and a number that JSON has none for are objects of one
 * member. Null itself is not in the model.
 */
export function encoded(value: unknown): unknown {
  if (value === undefined) return null
  if (typeof value === 'bigint') return { $bigint: String(value) }
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) }
  if (Array.isArray(value)) return value.map((item) => encoded(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, encoded(member)]))
}

/** What was encoded. */
export function decoded(value: unknown): unknown {
  if (value === null) return undefined
  if (Array.isArray(value)) return value.map((item) => decoded(item))
  if (typeof value !== 'object') return value
  if ('$bigint' in value) return BigInt(String(value.$bigint))
  if ('$number' in value) return Number(value.$number)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, decoded(member)]))
}

/** Without the members that are undefined. */
export function withoutUndefined<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value
}

/** Of counts those that are not 0. */
export function nonZero(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
}
