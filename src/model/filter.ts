import { parseNetwork, type Network } from '../lib/ip-address.ts'

/** Inclusive at both ends. */
export interface Range {
  low: number
  high: number
}

/** In one of `include` (or none given), and in none of `exclude`. */
export interface Choice<T> {
  include: T[]
  exclude: T[]
}

export type NumberChoice = Choice<Range>
export type NetworkChoice = Choice<Network>
/** Names; `*` stands for any text, in a comm only at its end. */
export type TextChoice = Choice<string>

/** Whose sockets are wanted; `*` in a name stands for any text. Absent: no matter. */
export interface IdentityFilter {
  /** Names, ids, or the first 12 digits of ids. */
  container?: TextChoice
  service?: TextChoice
  pod?: TextChoice
  /** Of Kubernetes. */
  namespace?: TextChoice
}

/** What is wanted of all the sockets and tasks of a host. Absent: no matter. */
export interface Filter extends IdentityFilter {
  pid?: NumberChoice
  tid?: NumberChoice
  uid?: NumberChoice
  netns?: NumberChoice
  /** Either end's port. */
  port?: NumberChoice
  localPort?: NumberChoice
  peerPort?: NumberChoice
  /** Either end's address. */
  host?: NetworkChoice
  peer?: NetworkChoice
  comm?: TextChoice
  ipVersion?: 4 | 6
  /** Only the processes of the traced command. */
  selectedOnly?: boolean
}

/**
 * A list as the filter options take it: values separated by commas, `!` before one to exclude it.
 *
 * @throws SyntaxError for an empty value, and what `parse` throws
 */
export function parseChoice<T>(text: string, parse: (value: string) => T): Choice<T> {
  const choice: Choice<T> = { include: [], exclude: [] }
  for (const item of text.split(',').map((part) => part.trim())) {
    const isExcluded = item.startsWith('!')
    const value = isExcluded ? item.slice(1) : item
    if (value === '') throw new SyntaxError(`'${text}' has an empty value`)
    ;(isExcluded ? choice.exclude : choice.include).push(parse(value))
  }
  return choice
}

/**
 * Numbers and ranges: `80,443,8000-8999,!8080`.
 *
 * @param bounds the least and the greatest number that makes sense
 * @throws SyntaxError
 */
export function parseNumberChoice(text: string, bounds: Range): NumberChoice {
  return parseChoice(text, (value) => parseRange(value, bounds))
}

function parseRange(text: string, bounds: Range): Range {
  const match = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(text)
  if (!match) throw new SyntaxError(`'${text}' is neither a number nor a range`)
  const low = Number(match[1])
  const high = Number(match[2] ?? match[1])
  if (low < bounds.low || high > bounds.high)
    throw new SyntaxError(`${text} is out of range: ${bounds.low} to ${bounds.high}`)
  if (low > high) throw new SyntaxError(`the range ${text} runs backwards`)
  return { low, high }
}

/** Whether a number is in one of the included ranges (or none given), and in none of the excluded. */
export function includesNumber(choice: NumberChoice | undefined, value: number): boolean {
  if (!choice) return true
  const isIn = (ranges: readonly Range[]): boolean => ranges.some(({ low, high }) => value >= low && value <= high)
  return (choice.include.length === 0 || isIn(choice.include)) && !isIn(choice.exclude)
}

/**
 * Addresses and networks: `10.0.0.0/8,!10.1.0.0/16,::1`.
 *
 * @throws SyntaxError
 */
export function parseNetworkChoice(text: string): NetworkChoice {
  return parseChoice(text, parseNetwork)
}

/**
 * Names: `web,shop-*,!shop-db-1`.
 *
 * @throws SyntaxError
 */
export function parseNameChoice(text: string): TextChoice {
  return parseChoice(text, (value) => value)
}

/** The kernel's TASK_COMM_LEN, without the ending zero. */
const maxCommBytes = 15

/**
 * Comms: `nginx,redis*,!redis-cli`. The kernel cuts a comm at 15 bytes, so longer ones are cut too.
 *
 * @throws SyntaxError
 */
export function parseCommChoice(text: string): TextChoice {
  return parseChoice(text, (value) => {
    const bytes = new TextEncoder().encode(value)
    return bytes.length <= maxCommBytes ? value : new TextDecoder().decode(bytes.subarray(0, maxCommBytes))
  })
}
