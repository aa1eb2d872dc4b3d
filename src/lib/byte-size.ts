const unitBytes = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 } as const

/**
 * Bytes of a size: `65536`, `256K`, `8M` (powers of 1024; `KiB` and `MiB` are understood too).
 *
 * @throws SyntaxError for anything else
 */
export function parseByteSize(text: string): number {
  const match = /^(\d+)([KMG]?)(?:i?B)?$/i.exec(text)
  const bytes = match
    ? Number(match[1]) * unitBytes[(match[2] ?? '').toUpperCase() as keyof typeof unitBytes]
    : Number.NaN
  if (!Number.isSafeInteger(bytes)) throw new SyntaxError(`'${text}' is not a size: a number, with K, M or G`)
  return bytes
}

/** Three digits and a unit of 1000: `0 B`, `999 B`, `1.23 kB`, `12.3 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`
}
