import { Option } from 'commander'
import { identityJson } from '../../export/identity-json.ts'
import { pickupJson, startJson, summaryJson, us } from '../../export/ndjson.ts'
import type { EdgeActivity } from '../../model/edge.ts'
import type { Watch } from '../../pipeline/watch.ts'
import { byProcess } from '../../track/process-activity.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { liveRun, type LiveRunResult } from '../live-run.ts'
import { serviceRuleOf } from '../options/config-option.ts'
import { addFilterOptions, filterOf, type FilterOptions } from '../options/filter-options.ts'
import { optionValue } from '../options/option-value.ts'
import { addWatchOptions, type WatchCommandOptions } from '../options/watch-options.ts'
import { Output } from '../output.ts'
import { RowFormat } from '../render/columns.ts'
import { ownerColumns } from '../render/owner-columns.ts'
import { pickupColumns, type PickupRow } from '../render/pickup-columns.ts'
import { pickupTable, summaryLines } from '../render/summary.ts'

interface PktlatOptions extends FilterOptions, WatchCommandOptions {
  timestamp?: true
  wide?: true
  verbose?: true
  summary?: true
  udp?: true
}

const usageLine =
  'Usage: wirelag pktlat [-TwvV?] [-p PID] [-t TID] [-l LPORT] [-r RPORT] [--summary] [--udp] [--json] [MIN_US]'

const examples = `
The command line and the columns are those of BCC's tcppktlat; MS is the wait of the oldest byte that was unread.
A '+' after it: the data came before wirelag, and waited at least that long.

Examples:
  wirelag pktlat               every pickup
  wirelag pktlat 1000          only those over 1000 µs
  wirelag pktlat -l 80 -T      local port 80, with the time
  wirelag pktlat --udp         datagrams as well
  wirelag pktlat --summary     no rows: count and quantiles for each process at the end`

export const add: AddCommand = (command, context) => {
  command
    .argument('[MIN_US]', 'show only what waited longer, in microseconds', optionValue('MIN_US', parseMinUs))
    .helpOption('-?, --help', 'show this help')
    .addOption(new Option('-h').hideHelp())
    .version(command.parent?.version() ?? '', '-V, --version', 'print the version')
    .option('--usage', 'show the usage in one line')
    .option('-T, --timestamp', 'begin each row with the time')
    .option('-w, --wide', 'columns wide enough for IPv6 addresses')
    .option('-v, --verbose', 'say how each signal is seen')
    .option('--summary', 'no rows, only the summary')
    .option('--udp', 'datagrams as well')
  addFilterOptions(command, { pid: 'p', tid: 't', lport: 'l', rport: 'r' })
  addWatchOptions(command)
  command
    .addHelpText('after', examples)
    .action(async (minUs: number | undefined, options: PktlatOptions & { usage?: true; h?: true }) => {
      if (options.h) command.outputHelp()
      else if (options.usage) process.stdout.write(`${usageLine}\n`)
      else context.onExit(await pktlat(minUs ?? 0, options, context))
    })
}

function parseMinUs(text: string): number {
  const minUs = /^\d+$/.test(text) ? Number(text) : 0
  if (!(minUs > 0 && minUs <= Number.MAX_SAFE_INTEGER / 1000))
    throw new SyntaxError(`'${text}' is not a delay in microseconds`)
  return minUs
}

async function pktlat(minUs: number, options: PktlatOptions, { childArgs }: CommandContext): Promise<number> {
  const output = new Output(childArgs ? process.stderr : process.stdout)
  let format: RowFormat<PickupRow> | undefined
  let watch: Watch | undefined
  const result = await liveRun(
    {
      watch: {
        signals: [
          'pickup',
          ...(options.udp ? (['udpPickup'] as const) : []),
          ...(childArgs ? (['command'] as const) : []),
        ],
        filter: { ...filterOf(options), selectedOnly: childArgs !== undefined },
        slowNs: undefined,
        pickupRows: options.summary ? undefined : { overNs: minUs * 1000 },
        aggregate: 'process',
        serviceOf: await serviceRuleOf(options),
        ringBytes: options.ringSize,
        maxEvents: options.count,
      },
      durationNs: options.duration,
      childArgs,
      cost: options.cost,
      cpuBudget: options.cpuBudget,
    },
    {
      onStart: (started) => {
        watch = started
        format = formatOf(options, started, output.isTerminal)
        if (options.verbose) writeHooks(started)
        if (options.json) output.line(JSON.stringify(startJson(started.unixNs(started.now()), started.signals)))
        else if (!options.summary) output.line(format.header())
        output.flush()
      },
      sinks: {
        onPickup: (sample) => {
          if (!watch || !format) return
          const unixNs = watch.unixNs(sample.timeNs)
          output.line(options.json ? JSON.stringify(pickupJson(sample, unixNs)) : format.row({ sample, unixNs }))
        },
        onBatchEnd: () => output.flush(),
      },
    },
  )
  writeResult(result, options, output)
  return result.exitCode
}

/** tcppktlat's columns, to the letter where the host has neither containers nor units; whose it is comes after them. */
function formatOf({ timestamp, wide }: PktlatOptions, watch: Watch, isTerminal: boolean): RowFormat<PickupRow> {
  const owners = ownerColumns<PickupRow>(({ sample }) => sample.reader, watch.ownerColumn, true)
  return new RowFormat(pickupColumns({ timestamp: timestamp ?? false, wide: wide ?? false, owners }), isTerminal)
}

function writeHooks(watch: Watch): void {
  for (const { title, status, hooks, reasons } of watch.signals)
    process.stderr.write(`wirelag: ${title}: ${[status, ...hooks, ...reasons].join(', ')}\n`)
}

/** The table is what `--summary` is for; after rows it must not mix with them. */
function writeResult(result: LiveRunResult, options: PktlatOptions, output: Output): void {
  const processes = byProcess(result.activities) // of TCP and UDP apart
    .filter(({ stages }) => stages.pickup.count > 0)
    .toSorted((a, b) => b.stages.pickup.count - a.stages.pickup.count)
  if (options.json) {
    output.line(JSON.stringify(summaryJson(result, { processes: processes.map(pickupsJson) })))
    output.flush()
    return
  }
  const errors = new Output(process.stderr)
  const tableOutput = options.summary ? output : errors
  if (processes.length > 0) for (const line of pickupTable(processes, tableOutput.isTerminal)) tableOutput.line(line)
  tableOutput.flush()
  for (const line of summaryLines(result, errors.isTerminal)) errors.line(line)
  errors.flush()
}

function pickupsJson({ edge, stages }: EdgeActivity): Record<string, unknown> {
  const histogram = stages.pickup
  return {
    pid: edge.process?.pid,
    comm: edge.process?.comm,
    ...identityJson(edge.process?.identity),
    protocol: edge.protocol,
    count: histogram.count,
    p50Us: us(histogram.quantileNs(0.5)),
    p95Us: us(histogram.quantileNs(0.95)),
    p99Us: us(histogram.quantileNs(0.99)),
    maxUs: us(histogram.maxNs),
  }
}
