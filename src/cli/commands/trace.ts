import { Option } from 'commander'
import {
  connectionEventJson,
  historyJson,
  ledgerJson,
  packetEventJson,
  startJson,
  summaryJson,
} from '../../export/ndjson.ts'
import { ReverseNames } from '../../host/reverse-names.ts'
import type { ProbeSignal } from '../../kernel/probe-signals.ts'
import { parseDurationNs } from '../../lib/duration.ts'
import type { Watch } from '../../pipeline/watch.ts'
import { ConnectionTally } from '../../track/connection-tally.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { liveRun, type LiveRunResult } from '../live-run.ts'
import { serviceRuleOf } from '../options/config-option.ts'
import { addFilterOptions, filterOf, type FilterOptions } from '../options/filter-options.ts'
import { optionValue } from '../options/option-value.ts'
import { addWatchOptions, type WatchCommandOptions } from '../options/watch-options.ts'
import { Output } from '../output.ts'
import { RowFormat } from '../render/columns.ts'
import { connectionColumns, historyAfterRow, type TraceEvent, type TraceRow } from '../render/connection-columns.ts'
import { summaryLines } from '../render/summary.ts'
import { tallyTable } from '../render/tally-table.ts'
import { TcptracerRows } from '../render/tcptracer-rows.ts'

interface TraceOptions extends FilterOptions, WatchCommandOptions {
  /** Nanoseconds. */
  slow?: number
  ledger?: true
  history?: true
  packets?: true
  resolve?: true
  tcptracer?: true
  timestamp?: true
  verbose?: true
  printUid?: true
}

const examples = `
Rows: connect, accept, fail (never established; DETAIL says why), close, and with --slow also pending.
Times are milliseconds. HANDSHAKE: SYN to established. ACCEPTQ: established to accept(). DURATION: established to closed.
With --ledger, a row at the end of each connection says where its time went, in parts that add up; with --slow TIME as
well, so does one for each request and reply that took longer than TIME.
With --history, a row when a connect fails or a retransmission timer runs out, and with --slow TIME when a handshake, a wait
for accept(), a send or the wait of received data passed TIME: what happened to that socket before, as the kernel kept it.

Examples:
  wirelag trace --port 5432,6379            connections with Postgres or Redis at either end
  wirelag trace --slow 5ms                  slow handshakes and accepts, also while they still wait
  wirelag trace --comm 'nginx*' --peer '10.0.0.0/8,!10.0.0.1'
  wirelag trace --history --slow 50ms       what led to each wait of over 50 ms
  wirelag trace --ledger --packets          where the time of each went; retransmits, resets and drops between
  wirelag trace --json --count 100 | jq .   for programs
  wirelag trace --tcptracer -t -p 1234      the output of BCC's tcptracer`

export const add: AddCommand = (command, context) => {
  command.addOption(
    new Option('--slow <TIME>', 'only connections whose handshake or accept wait passed TIME, as 5ms').argParser(
      optionValue('--slow', parseDurationNs),
    ),
  )
  command
    .option('--ledger', 'where the time of each connection went')
    .option('--history', 'what led to what failed, timed out or, with --slow, took long')
    .option('--resolve', 'peers by name, as far as reverse lookups have told by then')
    .option('--packets', 'also rows for retransmits, resets and packets that the kernel drops')
  addFilterOptions(command, { pid: 'p', netns: 'N', uid: 'u' })
  addWatchOptions(command)
  const group = "BCC's tcptracer:"
  command
    .addOption(new Option('--tcptracer', "print tcptracer's own columns").helpGroup(group))
    .addOption(new Option('-t, --timestamp', 'with --tcptracer: seconds since the first row').helpGroup(group))
    .addOption(new Option('-v, --verbose', 'with --tcptracer: long types, nanoseconds, namespace').helpGroup(group))
    .addOption(new Option('-U, --print-uid', 'with --tcptracer: the user').helpGroup(group))
    .addHelpText('after', examples)
    .action(async (options: TraceOptions) => context.onExit(await trace(options, context)))
}

async function trace(options: TraceOptions, { childArgs }: CommandContext): Promise<number> {
  // A command that is run has standard output for itself.
  const output = new Output(childArgs ? process.stderr : process.stdout)
  const tally = childArgs && new ConnectionTally()
  const rows = options.json ? jsonRows : options.tcptracer ? tcptracerRows(options) : tableRows(output.isTerminal)
  const names = options.resolve && new ReverseNames()
  let watch: Watch | undefined
  const write = (event: TraceEvent): void => {
    if (names) namePeer(event, names)
    const line = watch && rows.row(event, watch)
    if (line !== undefined) output.line(line)
  }
  const result = await liveRun(
    {
      watch: {
        signals: signalsOf(options, childArgs !== undefined),
        filter: { ...filterOf(options), selectedOnly: childArgs !== undefined },
        slowNs: options.slow,
        packetRows: options.packets,
        ledger: options.ledger && { exchangesOverNs: options.slow },
        history: options.history && { overNs: options.slow },
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
        for (const line of rows.header(started)) output.line(line)
        output.flush()
      },
      sinks: {
        onConnection: (event) => {
          tally?.add(event)
          write(event)
        },
        onPacket: write,
        onLedger: write,
        onHistory: write,
        onBatchEnd: () => output.flush(),
      },
      isSettled: () => tally?.openCount === 0,
    },
  )
  names?.close()
  if (options.json) output.line(JSON.stringify(summaryJson(result)))
  output.flush()
  if (!options.json) writeSummary(result, tally)
  return result.exitCode
}

function namePeer({ socket: { peer } }: TraceEvent, names: ReverseNames): void {
  const name = names.nameOf(peer.address)
  if (name !== undefined) peer.name = name
}

function signalsOf({ ledger, history, packets }: TraceOptions, hasChild: boolean): ProbeSignal[] {
  const signals = new Set<ProbeSignal>(['connect', 'accept', 'close'])
  if (ledger) for (const signal of ['pickup', 'send', 'retransmit'] as const) signals.add(signal)
  if (history) for (const signal of ['pickup', 'send', 'retransmit', 'reset'] as const) signals.add(signal)
  if (packets) for (const signal of ['retransmit', 'reset', 'drop'] as const) signals.add(signal)
  if (hasChild) signals.add('command')
  return [...signals]
}

function writeSummary(result: LiveRunResult, tally: ConnectionTally | undefined): void {
  const errors = new Output(process.stderr)
  if (tally) for (const line of ['', ...tallyTable(tally.peers(), errors.isTerminal)]) errors.line(line)
  for (const line of summaryLines(result, errors.isTerminal)) errors.line(line)
  errors.flush()
}

/** How rows are written. */
interface Rows {
  header(watch: Watch): string[]
  /** Undefined: no row for this event. */
  row(event: TraceEvent, watch: Watch): string | undefined
}

const jsonRows: Rows = {
  header: (watch) => [JSON.stringify(startJson(watch.unixNs(watch.now()), watch.signals))],
  row: (event, watch) => JSON.stringify(eventJson(event, watch.unixNs(event.timeNs))),
}

function eventJson(event: TraceEvent, unixNs: bigint): Record<string, unknown> {
  switch (event.kind) {
    case 'ledger':
      return ledgerJson(event, unixNs)
    case 'history':
      return historyJson(event, unixNs)
    case 'retransmit':
    case 'reset':
    case 'drop':
      return packetEventJson(event, unixNs)
    default:
      return connectionEventJson(event, unixNs)
  }
}

function tableRows(isTerminal: boolean): Rows {
  let format: RowFormat<TraceRow> | undefined
  return {
    header: (watch) => {
      format = new RowFormat(connectionColumns(watch.ownerColumn, isTerminal), isTerminal)
      return [format.header()]
    },
    row: (event, watch) => {
      const row = format?.row({ event, unixNs: watch.unixNs(event.timeNs) })
      return event.kind === 'history' && row !== undefined ? row + historyAfterRow(event, isTerminal) : row
    },
  }
}

function tcptracerRows(options: TraceOptions): Rows {
  const rows = new TcptracerRows({
    timestamp: options.timestamp ?? false,
    verbose: options.verbose ?? false,
    oneNetns: options.netns !== undefined,
    uid: options.printUid ?? false,
  })
  return {
    header: () => ['Tracing TCP established connections. Ctrl-C to end.', rows.header()],
    row: (event) => rows.row(event),
  }
}
