import { formatBytes } from '../../lib/byte-size.ts'
import type { ChangeUnit } from '../../model/change.ts'
import { compactMs, compactRate } from './compact-number.ts'

/** A figure with its unit: `12.34 ms`, `0.50/s`, `1.2 MiB/s`, `45`, `93 %`. */
export function figureText(value: number, unit: ChangeUnit): string {
  switch (unit) {
    case 'ns':
      return `${compactMs(value)} ms`
    case 'perSecond':
      return `${compactRate(value)}/s`
    case 'bytesPerSecond':
      return `${formatBytes(Math.round(value))}/s`
    case 'count':
      return String(Math.round(value))
    case 'share':
      return `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`
    case 'bytes':
      return formatBytes(Math.round(value))
  }
}
