/** Milliseconds in six characters at most: `0.012`, `12.34`, `204.1`, `137439`; `-` for an unknown duration. */
export function compactMs(ns: number | undefined): string {
  if (ns === undefined) return '-'
  const ms = ns / 1e6
  if (ms < 9.9995) return ms.toFixed(3)
  if (ms < 99.995) return ms.toFixed(2)
  if (ms < 999.95) return ms.toFixed(1)
  return ms.toFixed(0)
}

/** A count in four characters at most: `9999`, `12k`, `1.2M`, `34G`. */
export function compactCount(count: number): string {
  return count < 9999.5 ? String(count) : scaled(count)
}

/** Events a second in five characters at most: `0`, `0.10`, `12.3`, `123`, `1.2k`, `46M`. */
export function compactRate(perSecond: number): string {
  if (perSecond === 0) return '0'
  if (perSecond < 9.995) return perSecond.toFixed(2)
  if (perSecond < 99.95) return perSecond.toFixed(1)
  if (perSecond < 999.5) return perSecond.toFixed(0)
  return scaled(perSecond)
}

/** Two digits or three, and the power of 1000. */
function scaled(value: number): string {
  const units = ['k', 'M', 'G', 'T']
  let rest = value / 1000
  let unit = 0
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000
    unit++
  }
  return `${rest < 9.95 ? rest.toFixed(1) : rest.toFixed(0)}${units[unit]}`
}
