import { parseDurationNs } from './duration.ts'

/** A moment as a user says it. */
export interface Moment {
  unixMs: number
  /** How long a time the words stand for: `03:17` is a minute, `03:17:20` a second; 0: a moment. */
  precisionMs: number
  /** What the user should know of it, such as that clocks were changed; undefined: nothing. */
  note: string | undefined
}

/** From inclusive, to exclusive. */
export interface TimeWindow {
  fromUnixMs: number
  toUnixMs: number
  notes: readonly string[]
}

const minuteMs = 60_000
const clockPattern = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,3})?))?$/
const datePattern = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d{1,3})?))?(Z|[+-]\d{2}:?\d{2})?$/

/**
 * `03:17`, `03:17:20`, `03:17:20.125` (the last that has been), `2026-11-20T03:17`, with `Z` or `+01:00` where it is not local time, `-15m`,
 * `now`.
 *
 * @param nowUnixMs milliseconds since 1970
 * @param afterUnixMs of a clock's time the first from then on is meant, and not the last that has been
 * @throws SyntaxError
 */
export function parseMoment(text: string, nowUnixMs: number, afterUnixMs?: number): Moment {
  if (text === 'now') return { unixMs: nowUnixMs, precisionMs: 0, note: undefined }
  if (text.startsWith('-'))
    return { unixMs: nowUnixMs - parseDurationNs(text.slice(1)) / 1e6, precisionMs: 0, note: undefined }
  const clock = clockPattern.exec(text)
  if (clock) return clockMoment(text, clock, nowUnixMs, afterUnixMs)
  const date = datePattern.exec(text)
  if (date) return dateMoment(text, date)
  throw notAMoment(text)
}

function notAMoment(text: string): SyntaxError {
  return new SyntaxError(`'${text}' is no time: 03:17, 03:17:20, 2026-11-20T03:17, -15m or now`)
}

function clockMoment(text: string, match: RegExpExecArray, nowUnixMs: number, afterUnixMs?: number): Moment {
  const [hour, minute, second] = numbersOf(match.slice(1))
  const day = new Date(afterUnixMs ?? nowUnixMs)
  const onDay = (offset: number): Moment =>
    localMoment(text, [day.getFullYear(), day.getMonth(), day.getDate() + offset, hour, minute, second])
  const candidates = [-1, 0, 1].map(onDay)
  const found =
    afterUnixMs === undefined
      ? candidates.findLast(({ unixMs }) => unixMs <= nowUnixMs)
      : candidates.find(({ unixMs }) => unixMs >= afterUnixMs)
  return found ?? onDay(0)
}

function dateMoment(text: string, match: RegExpExecArray): Moment {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second] = numbersOf(match.slice(1, 7))
  if (month < 1 || month > 12 || day < 1 || day > new Date(year, month, 0).getDate())
    throw new SyntaxError(`'${text}' is no day of the calendar`)
  const zone = match[7]
  if (zone === undefined) return localMoment(text, [year, month - 1, day, hour, minute, second])
  checkClock(text, hour, minute, second)
  const [, sign = '+', zoneHours = '0', zoneMinutes = '0'] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? []
  const offsetMs = (sign === '-' ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes)) * minuteMs
  const unixMs = Date.UTC(year, month - 1, day, hour, minute) + Math.round((second ?? 0) * 1000) - offsetMs
  return { unixMs, precisionMs: precisionOf(second), note: undefined }
}

type Fields = [
  year: number,
  month: number,
  day: number,
  hour: number | undefined,
  minute: number | undefined,
  second: number | undefined,
]

function localMoment(text: string, [year, month, day, hour = 0, minute = 0, second]: Fields): Moment {
  checkClock(text, hour, minute, second)
  const date = new Date(year, month, day, hour, minute, 0, Math.round((second ?? 0) * 1000))
  const unixMs = date.getTime()
  const isThen = (other: Date): boolean => other.getHours() === hour && other.getMinutes() === minute
  return { unixMs, precisionMs: precisionOf(second), note: clockChangeNote(text, date, isThen) }
}

/** Where clocks are put forward a time is left out, where they are put back it is there twice. */
function clockChangeNote(text: string, date: Date, isThen: (other: Date) => boolean): string | undefined {
  if (!isThen(date)) return `${text} was left out as clocks were put forward: taken as ${localTime(date.getTime())}`
  const again = [30, 60, 120].map((minutes) => new Date(date.getTime() + minutes * minuteMs)).find(isThen)
  if (!again) return undefined
  return `${text} was there twice as clocks were put back: taken as ${localTime(date.getTime())}, not ${localTime(again.getTime())}`
}

function checkClock(text: string, hour: number, minute: number, second = 0): void {
  if (hour > 23 || minute > 59 || second >= 60) throw notAMoment(text)
}

function precisionOf(second: number | undefined): number {
  if (second === undefined) return minuteMs
  return Number.isInteger(second) ? 1000 : 1
}

function numbersOf(texts: readonly (string | undefined)[]): number[] {
  return texts.flatMap((text) => (text === undefined ? [] : [Number(text)]))
}

/** The time whose middle a moment is: of `03:17` and a minute all of that minute. Never the future. */
export function windowAround({ unixMs, precisionMs, note }: Moment, spanMs: number, nowUnixMs: number): TimeWindow {
  const middle = Math.max(unixMs, Math.min(unixMs + precisionMs / 2, nowUnixMs))
  const toUnixMs = Math.min(middle + spanMs / 2, Math.max(nowUnixMs, unixMs))
  return {
    fromUnixMs: Math.round(toUnixMs - spanMs),
    toUnixMs: Math.round(toUnixMs),
    notes: note === undefined ? [] : [note],
  }
}

/**
 * `A..B`, each as `parseMoment()` takes it: a clock's time after `..` is the first after A. What is not over yet ends now. One
 * moment alone is the time around it.
 *
 * @param spanMs of a moment alone
 * @throws SyntaxError
 */
export function parseTimeWindow(text: string, nowUnixMs: number, spanMs: number): TimeWindow {
  const [from = '', to, ...rest] = text.split('..')
  if (rest.length > 0) throw new SyntaxError(`'${text}' is no time, nor two as 03:17..03:25`)
  const begin = parseMoment(from, nowUnixMs)
  if (to === undefined) return windowAround(begin, spanMs, nowUnixMs)
  const end = parseMoment(to, nowUnixMs, begin.unixMs)
  const toUnixMs = Math.min(end.unixMs, Math.max(nowUnixMs, begin.unixMs))
  if (toUnixMs <= begin.unixMs) throw new SyntaxError(`in '${text}' the end is not after the begin`)
  return {
    fromUnixMs: Math.round(begin.unixMs),
    toUnixMs: Math.round(toUnixMs),
    notes: [begin.note, end.note].filter((note) => note !== undefined),
  }
}

/** `2026-11-20 03:17:20 UTC+01:00`, by the local clock. */
export function localTime(unixMs: number): string {
  const date = new Date(unixMs)
  const two = (part: number): string => String(part).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${localClock(unixMs)} ${zoneOf(date)}`
}

/** `03:17:20`, by the local clock. */
export function localClock(unixMs: number): string {
  const date = new Date(unixMs)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

function zoneOf(date: Date): string {
  const minutes = -date.getTimezoneOffset()
  if (minutes === 0) return 'UTC'
  const two = (part: number): string => String(part).padStart(2, '0')
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** `2026-11-20 03:17:00 to 03:18:00 UTC+01:00`; with both days where they differ. */
export function windowText({ fromUnixMs, toUnixMs }: Pick<TimeWindow, 'fromUnixMs' | 'toUnixMs'>): string {
  const [from, to] = [localTime(fromUnixMs), localTime(toUnixMs)]
  const [fromDay, fromClock, fromZone] = from.split(' ')
  const [toDay, toClock, toZone] = to.split(' ')
  if (fromZone !== toZone) return `${from} to ${to}`
  return `${fromDay} ${fromClock} to ${fromDay === toDay ? '' : `${toDay} `}${toClock} ${toZone}`
}
