import { Option } from 'commander'
import { parseDurationNs } from '../../lib/duration.ts'
import { usageError } from '../../lib/operator-error.ts'
import { topColumnNames, topGroupings, type TopColumnName, type TopGrouping } from '../../model/top-row.ts'
import type { ExistingConnection } from '../../model/connection-event.ts'
import { TopMonitor, type TopSnapshot } from '../../pipeline/top-monitor.ts'
import type { Watch, WatchSinks } from '../../pipeline/watch.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { Harvesting } from '../harvesting.ts'
import { liveRun, type LiveRunResult, type LiveView } from '../live-run.ts'
import { serviceRuleOf } from '../options/config-option.ts'
import { addFilterOptions, filterOf, type FilterOptions } from '../options/filter-options.ts'
import { optionValue } from '../options/option-value.ts'
import { addWatchOptions, type WatchCommandOptions } from '../options/watch-options.ts'
import { addWindowOptions, intervalOf, type WindowOptions } from '../options/window-options.ts'
import { topColumns } from '../render/top-columns.ts'
import { ScreenTopView } from '../top-screen-view.ts'
import { defaultColumn } from '../top-state.ts'
import { JsonTopView, TextTopView, type TopView } from '../top-view.ts'

interface TopOptions extends FilterOptions, WatchCommandOptions, WindowOptions {
  by: TopGrouping
  sort?: TopColumnName
  /** Nanoseconds. */
  slow: number
  once?: true
  udpSends?: true
  resolve?: true
}

const examples = `
A row for each process, container, service (compose service, workload, systemd unit, else executable), edge (a process and
one peer) or link that did anything in the window. A link is both ends, on this host, of the connections between two
services: C- and S- is the client's and the server's, CLI% the client's share of the time in sends and pickups.
On a terminal: ? tells the keys. Piped: tab-separated, the rows of each window with its time. --count is of windows. With '-- COMMAND' on a terminal there is one table, at the end.

Columns, as --sort takes them: ${topColumnNames.join(' ')}.
handshake, accept, send and pickup are 95th percentiles in milliseconds; handshakes, accepts, sends and pickups how many
a second.

Examples:
  wirelag top                               processes, the longest wait of received data first
  wirelag top --by edge --sort handshake    who is slow to connect to whom
  wirelag top --by service --port 5432      services that talk to Postgres
  wirelag top --by link                     who talks to whom on this host, and which end takes the time
  wirelag top --once --by edge              10 s, then one table
  wirelag top --json --interval 10s | jq .  for programs`

export const add: AddCommand = (command, context) => {
  command
    .addOption(new Option('--by <WHAT>', 'what a row is of').default('process').choices(topGroupings))
    .addOption(
      new Option('--sort <COLUMN>', `what the rows are sorted by (default: ${defaultColumn})`).argParser(
        optionValue('--sort', parseColumn),
      ),
    )
  addWindowOptions(command)
  command
    .addOption(
      new Option('--slow <TIME>', 'a p95 over it stands out; what took longer is listed one by one in its row')
        .default(5e6, '5ms')
        .argParser(optionValue('--slow', parseDurationNs)),
    )
    .option('--once', 'watch for one window, show one table')
    .option('--resolve', 'peers by name, as far as reverse lookups tell')
    .option('--udp-sends', 'time UDP send calls also where that slows down the send calls of TCP')
  addFilterOptions(command, { pid: 'p', tid: 't', lport: 'l', rport: 'r' })
  addWatchOptions(command)
  command
    .addHelpText('after', examples)
    .action(async (options: TopOptions) => context.onExit(await top(options, context)))
}

function parseColumn(text: string): TopColumnName {
  const column = topColumnNames.find((name) => name === text)
  if (column === undefined) throw new SyntaxError(`'${text}' is none of ${topColumnNames.join(', ')}`)
  return column
}

function sortOf({ sort, by }: TopOptions): TopColumnName {
  if (sort === undefined) return defaultColumn
  if (!topColumns(by).some(({ name }) => name === sort))
    throw usageError(`--sort ${sort}: --by ${by} has no such column`)
  return sort
}

/** There is no place for a screen where a command that is run writes too, nor where the cursor cannot be moved. */
function viewOf(options: TopOptions, hasChild: boolean): { view: TopView; isOnce: boolean } {
  const stream = hasChild ? process.stderr : process.stdout
  const isScreen = stream.isTTY && process.env['TERM'] !== 'dumb' && !hasChild && !options.once && !options.json
  const isOnce = options.once ?? (stream.isTTY && hasChild && !options.json)
  const viewOptions = {
    stream,
    grouping: options.by,
    sort: sortOf(options),
    windowNs: options.window,
    slowNs: options.slow,
  }
  if (options.json) return { view: new JsonTopView(viewOptions), isOnce }
  if (isScreen) return { view: new ScreenTopView(viewOptions, process.stdin, process.stdout), isOnce }
  return { view: new TextTopView(viewOptions), isOnce }
}

async function top(options: TopOptions, { childArgs }: CommandContext): Promise<number> {
  const hasChild = childArgs !== undefined
  const intervalNs = intervalOf(options)
  const filter = { ...filterOf(options), selectedOnly: hasChild }
  const { view, isOnce } = viewOf(options, hasChild)
  const run = new TopRunView(options, { intervalNs, view, isOnce })
  try {
    const result = await liveRun(
      {
        watch: {
          signals: [
            ...([
              'connect',
              'accept',
              'close',
              'pickup',
              'send',
              'udpPickup',
              'udpSend',
              'retransmit',
              'reset',
            ] as const),
            ...(hasChild ? (['command'] as const) : []),
          ],
          isSparing: !options.udpSends,
          filter,
          slowNs: undefined,
          aggregate: 'edge',
          pickupRows: { overNs: options.slow },
          sendRows: { overNs: options.slow },
          deliversCounts: true,
          packetRows: true,
          existingRows: true,
          serviceOf: await serviceRuleOf(options),
          ringBytes: options.ringSize,
        },
        durationNs: options.once ? Math.min(options.window, options.duration ?? Infinity) : options.duration,
        childArgs,
        cost: options.cost,
        cpuBudget: options.cpuBudget,
        mayLackSignals: true,
      },
      run,
    )
    run.end(result)
    return result.exitCode
  } finally {
    run.close()
  }
}

interface Live {
  monitor: TopMonitor
  harvesting: Harvesting
}

/** From a watch's harvests to what is shown. */
class TopRunView implements LiveView {
  readonly #options: TopOptions
  readonly #intervalNs: number
  readonly #view: TopView
  readonly #isOnce: boolean
  #live: Live | undefined
  #windowsLeft: number
  /** What came before there was a monitor: of connections that were there already. */
  readonly #existing: ExistingConnection[] = []
  readonly sinks: WatchSinks = {
    onExisting: (connection) => {
      if (this.#live) this.#live.monitor.sinks.onExisting?.(connection)
      else this.#existing.push(connection)
    },
    onConnection: (event) => this.#live?.monitor.sinks.onConnection?.(event),
    onPickup: (sample) => this.#live?.monitor.sinks.onPickup?.(sample),
    onSend: (sample) => this.#live?.monitor.sinks.onSend?.(sample),
    onPacket: (event) => this.#live?.monitor.sinks.onPacket?.(event),
  }

  constructor(options: TopOptions, parts: { intervalNs: number; view: TopView; isOnce: boolean }) {
    this.#options = options
    this.#intervalNs = parts.intervalNs
    this.#view = parts.view
    this.#isOnce = parts.isOnce
    this.#windowsLeft = options.count ?? Infinity
  }

  onStart(watch: Watch, end: () => void): void {
    const monitor = new TopMonitor({
      windowNs: this.#options.window,
      intervalNs: this.#intervalNs,
      slowNs: this.#options.slow,
      watch,
      resolve: this.#options.resolve ?? false,
    })
    const harvesting = new Harvesting(watch, this.#intervalNs, {
      onHarvest: (activities) => monitor.add(activities),
      onInterval: () => {
        if (this.#windowsLeft <= 0 || this.#isOnce) return
        this.#view.show(monitor.snapshot())
        if (--this.#windowsLeft === 0) end()
      },
    })
    this.#live = { monitor, harvesting }
    for (const connection of this.#existing.splice(0)) monitor.sinks.onExisting?.(connection)
    this.#view.start({ watch, monitor, end })
  }

  onNotice(text: string): void {
    this.#view.notice(text)
  }

  onStop(): void {
    this.#live?.harvesting.stop()
  }

  end(result: LiveRunResult): void {
    if (this.#isOnce) this.#view.show(wholeRun(result))
    this.#view.end(result)
  }

  /** Lets go of everything, also where there was no end. */
  close(): void {
    this.#live?.harvesting.cancel()
    this.#live?.monitor.close()
    this.#view.close()
  }
}

function wholeRun({ durationNs, activities, books, cost }: LiveRunResult): TopSnapshot {
  return {
    timeNs: durationNs,
    spanNs: durationNs,
    activities,
    lostEvents: books.reduce((sum, { lost }) => sum + lost, 0),
    cpuShare: cost ? cost.agentCpuNs / cost.wallNs : 0,
  }
}
