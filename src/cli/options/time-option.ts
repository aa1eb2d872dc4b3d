import { Option, type Command } from 'commander'
import { parseDurationNs } from '../../lib/duration.ts'
import { parseTimeWindow, type TimeWindow } from '../../lib/moment.ts'
import { optionValue } from './option-value.ts'

/** How long a time is that is named by one moment. */
export const defaultSpanMs = 60_000

export interface SpanOption {
  /** Nanoseconds. */
  span?: number
}

/** Adds how much time around a moment is looked at. */
export function addSpanOption(command: Command): void {
  command.addOption(
    new Option('--span <TIME>', 'how much time around it (default: 1m)').argParser(
      optionValue('--span', parseDurationNs),
    ),
  )
}

/**
 * @param name what to call it where it is wrong: `TIME`, `--at`
 * @throws OperatorError for what is no time
 */
export function windowOf(name: string, text: string, { span }: SpanOption = {}): TimeWindow {
  const spanMs = span === undefined ? defaultSpanMs : Math.max(1, span / 1e6)
  return optionValue(name, (time) => parseTimeWindow(time, Date.now(), spanMs))(text)
}

/** The last so many nanoseconds. */
export function lastWindow(ns: number): TimeWindow {
  const toUnixMs = Date.now()
  return { fromUnixMs: Math.round(toUnixMs - ns / 1e6), toUnixMs, notes: [] }
}
