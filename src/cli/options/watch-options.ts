import { Option, type Command } from 'commander'
import { parseByteSize } from '../../lib/byte-size.ts'
import { parseDurationNs } from '../../lib/duration.ts'
import { optionValue } from './option-value.ts'

export interface WatchCommandOptions {
  json?: true
  /** Nanoseconds. */
  duration?: number
  count?: number
  ringSize: number
}

const pageBytes = 4096
export const defaultRingBytes = 8 << 20

/** Adds what every live command has: output form, when to end, and the size of the ring. */
export function addWatchOptions(command: Command): void {
  command
    .addOption(new Option('--json', 'one JSON object a line (docs/json.md)'))
    .addOption(
      new Option('--duration <TIME>', 'end after this long, as 30s').argParser(
        optionValue('--duration', parseDurationNs),
      ),
    )
    .addOption(new Option('--count <N>', 'end after this many rows').argParser(optionValue('--count', parseCount)))
    .addOption(
      new Option('--ring-size <SIZE>', 'room for events on their way from the kernel, a power of two')
        .default(defaultRingBytes, '8M')
        .argParser(optionValue('--ring-size', parseRingBytes)),
    )
}

function parseCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0
  if (!(count > 0 && Number.isSafeInteger(count))) throw new SyntaxError(`'${text}' is not a number of rows`)
  return count
}

function parseRingBytes(text: string): number {
  const bytes = parseByteSize(text)
  if (bytes < pageBytes || bytes > 2 ** 30 || !Number.isInteger(Math.log2(bytes)))
    throw new SyntaxError(`'${text}' is no power of two from 4K to 1G`)
  return bytes
}
