import { Option, type Command } from 'commander'
import { parseByteSize } from '../../lib/byte-size.ts'
import { parseDurationNs } from '../../lib/duration.ts'
import { shedOrder } from '../../pipeline/cpu-budget.ts'
import { optionValue } from './option-value.ts'

export interface WatchCommandOptions {
  json?: true
  /** Nanoseconds. */
  duration?: number
  count?: number
  ringSize: number
  /** Say what wirelag itself costs. */
  cost?: true
  /** A file. */
  config?: string
  /** Share of one CPU: 0.01 is 1 %. */
  cpuBudget?: number
}

const pageBytes = 4096
export const defaultRingBytes = 8 << 20

/** Adds what every live command has: output form, when to end, and the size of the ring. */
export function addWatchOptions(command: Command): void {
  command
    .addOption(new Option('--json', 'one JSON object a line (docs/json.md)'))
    .addOption(durationOption())
    .addOption(new Option('--count <N>', 'end after this many rows').argParser(optionValue('--count', parseCount)))
  addRingOption(command)
  command
    .addOption(new Option('--config <FILE>', 'what services are called here: YAML, see docs/config.md'))
    .addOption(new Option('--cost', 'say at the end what wirelag itself cost, program by program'))
    .addOption(cpuBudgetOption())
}

export function durationOption(): Option {
  const option = new Option('--duration <TIME>', 'end after this long, as 30s')
  return option.argParser(optionValue('--duration', parseDurationNs))
}

export function cpuBudgetOption(): Option {
  const text = `of one CPU, as 1%; beyond it gives up ${shedOrder.join(', ')}, in this order`
  return new Option('--cpu-budget <PERCENT>', text).argParser(optionValue('--cpu-budget', parsePercent))
}

/** Adds the size of the ring. */
export function addRingOption(command: Command, defaultBytes = defaultRingBytes): void {
  command.addOption(
    new Option('--ring-size <SIZE>', 'room for events on their way from the kernel, a power of two')
      .default(defaultBytes, `${defaultBytes >> 20}M`)
      .argParser(optionValue('--ring-size', parseRingBytes)),
  )
}

function parsePercent(text: string): number {
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : 0
  if (!(percent > 0 && percent <= 1000)) throw new SyntaxError(`'${text}' is not a percentage of a CPU`)
  return percent / 100
}

/** @throws SyntaxError for what is no positive number */
export function parseCount(text: string): number {
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
