const unitNs = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9, d: 86_400e9 } as const

/**
 * Nanoseconds of a duration with its unit: `5ms`, `1.5s`, `200us`, `10m`, `2h`, `7d`.
 *
 * @throws SyntaxError for anything else, a bare number and zero included
 */
export function parseDurationNs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)$/.exec(text)
  const ns = match ? Math.round(Number(match[1]) * unitNs[match[2] as keyof typeof unitNs]) : 0
  if (!(ns > 0 && ns <= Number.MAX_SAFE_INTEGER))
    throw new SyntaxError(`'${text}' is not a duration: a number with its unit, as 5ms, 1.5s, 10m`)
  return ns
}

/** Three or four digits and a unit: `12.3 µs`, `1.234 ms`, `56.7 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(ns: number): string {
  if (ns < 999.5) return `${Math.round(ns)} ns`
  if (ns < 999.95e3) return `${(ns / 1e3).toFixed(1)} µs`
  if (ns < 9.9995e6) return `${(ns / 1e6).toFixed(3)} ms`
  if (ns < 999.95e6) return `${(ns / 1e6).toFixed(1)} ms`
  if (ns < 9.9995e9) return `${(ns / 1e9).toFixed(3)} s`
  if (ns < 59.95e9) return `${(ns / 1e9).toFixed(1)} s`
  const seconds = Math.round(ns / 1e9)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}
