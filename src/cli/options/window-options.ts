import { Option, type Command } from 'commander'
import { parseDurationNs } from '../../lib/duration.ts'
import { usageError } from '../../lib/operator-error.ts'
import { optionValue } from './option-value.ts'

export interface WindowOptions {
  /** Nanoseconds. */
  interval?: number
  /** Nanoseconds. */
  window: number
}

const bounds = {
  '--interval': { leastNs: 100e6, mostNs: 600e9, text: 'from 100ms to 10m' },
  '--window': { leastNs: 100e6, mostNs: 24 * 3600e9, text: 'from 100ms to 24h' },
}

export const defaultIntervalNs = 1e9

/** Adds how often, and over what time, a live table is shown. */
export function addWindowOptions(command: Command): void {
  const duration = (flags: keyof typeof bounds, text: string): Option =>
    new Option(`${flags} <TIME>`, text).argParser(optionValue(flags, (value) => parseBounded(value, bounds[flags])))
  command
    .addOption(duration('--interval', 'how often it is shown (default: 1s, or the window where that is less)'))
    .addOption(duration('--window', 'what the numbers are of: the last TIME').default(10e9, '10s'))
}

function parseBounded(text: string, { leastNs, mostNs, text: range }: (typeof bounds)['--window']): number {
  const ns = parseDurationNs(text)
  if (ns < leastNs || ns > mostNs) throw new SyntaxError(`${text} is out of range: ${range}`)
  return ns
}

/**
 * How often something is shown, in nanoseconds.
 *
 * @throws SyntaxError for what is no duration, or out of range
 */
export function parseIntervalNs(text: string): number {
  return parseBounded(text, bounds['--interval'])
}

/** @throws OperatorError where it is longer than the window */
export function intervalOf({ interval, window }: WindowOptions): number {
  if (interval !== undefined && interval > window) throw usageError('--interval is longer than --window')
  return interval ?? Math.min(defaultIntervalNs, window)
}
