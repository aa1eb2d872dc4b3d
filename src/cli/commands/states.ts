import { Option } from 'commander'
import type { ServiceRule } from '../../identity/identities.ts'
import { parseDurationNs } from '../../lib/duration.ts'
import { usageError } from '../../lib/operator-error.ts'
import { startJson, summaryJson } from '../../export/ndjson.ts'
import { stateChangeJson } from '../../export/states-json.ts'
import { parseChoice, type Choice, type Filter } from '../../model/filter.ts'
import {
  parseState,
  socketStates,
  stateGroupings,
  type SocketState,
  type StateChange,
  type StateGrouping,
} from '../../model/socket-state.ts'
import { StateSurveyor, type StateSurveyOptions } from '../../pipeline/state-survey.ts'
import type { Watch } from '../../pipeline/watch.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { liveRun } from '../live-run.ts'
import { serviceRuleOf } from '../options/config-option.ts'
import { addFilterOptions, filterOf, type FilterOptions } from '../options/filter-options.ts'
import { optionValue } from '../options/option-value.ts'
import { addStoreOption } from '../options/store-option.ts'
import { defaultRingBytes, parseCount } from '../options/watch-options.ts'
import { defaultIntervalNs, parseIntervalNs } from '../options/window-options.ts'
import { Output } from '../output.ts'
import { RowFormat } from '../render/columns.ts'
import { stateChangeColumns, type StateChangeRow } from '../render/states-table.ts'
import { summaryLines } from '../render/summary.ts'
import { usualStates } from '../usual-states.ts'
import { JsonStatesView, TextStatesView, type StatesView } from '../states-view.ts'

interface StatesOptions extends FilterOptions {
  by?: Exclude<StateGrouping, 'owner'>
  state?: Choice<SocketState>
  watch?: true
  /** Nanoseconds. */
  interval?: number
  events?: true
  json?: true
  /** Nanoseconds. */
  duration?: number
  count?: number
  config?: string
  store?: string
}

const filters = ['container', 'service', 'netns', 'port', 'lport', 'rport', 'host', 'peer'] as const

const examples = `
Counts are the kernel's own, of every network namespace at one moment, as 'ss -tan' shows them for one. SYN_RECV:
half-open connections that a listener has answered. A socket that no process holds, as in TIME_WAIT, is counted with its
listener's owner; where it has none, with whoever else talks to that peer from its namespace, else with the namespace's
only container or service; where several come into question it is (unknown).
Below the table: the oldest CLOSE_WAIT (the peer has closed, the program has not) and SYN_SENT (no answer yet), with the
process and the descriptor that holds them; '>' before an age that may be more.
By service, and where this host's agent has kept a history of a day or more (or --store names one), it is said below the
table which counts are far from what is usual at this time of day.
--events: each change of state as it happens. TIME_WAIT is no change there: the socket goes from FIN_WAIT2 to CLOSE, and
what stays is no socket any more. --count is of tables, with --events of rows.
Exit code 0; 1: the kernel does not let it; 2: usage.

Examples:
  wirelag states                               every namespace, and who does not close
  wirelag states --by service                  who has how many sockets in which state
  wirelag states --by listener --state time-wait,syn-recv
  wirelag states --by peer --container web-1   whom a container talks to, and how that stands
  wirelag states --watch --interval 5s         drawn anew; piped, rows with their time
  wirelag states --events --lport 8080         connections of a server, from state to state
  wirelag states --json | jq .states`

export const add: AddCommand = (command, context) => {
  command
    .addOption(new Option('--by <WHAT>', 'what a row is of (default: netns)').choices(stateGroupings))
    .option('--watch', 'again at each interval, until Ctrl-C')
    .addOption(
      new Option('--interval <TIME>', 'with --watch: how often (default: 1s)').argParser(
        optionValue('--interval', parseIntervalNs),
      ),
    )
    .option('--events', 'no table, but each change of state')
    .addOption(new Option('--json', 'one JSON object a line (docs/json.md)'))
    .addOption(
      new Option('--duration <TIME>', 'with --watch or --events: end after this long, as 30s').argParser(
        optionValue('--duration', parseDurationNs),
      ),
    )
    .addOption(
      new Option('--count <N>', 'with --watch or --events: end after this many').argParser(
        optionValue('--count', parseCount),
      ),
    )
    .addOption(new Option('--config <FILE>', 'what services are called here: YAML, see docs/config.md'))
    .addOption(
      new Option('--state <STATE>', `of ${socketStates.join(', ')}; as ss writes them, too`)
        .argParser(optionValue('--state', (text) => parseChoice(text, parseState)))
        .helpGroup('Filters (lists, ranges, CIDR; ! excludes):'),
    )
  addStoreOption(command)
  addFilterOptions(command, { lport: 'l', rport: 'r' }, filters)
  command
    .addHelpText('after', examples)
    .action(async (options: StatesOptions) => context.onExit(await states(options, context)))
}

async function states(options: StatesOptions, { childArgs }: CommandContext): Promise<number> {
  checkOptions(options, childArgs !== undefined)
  const wishes = { filter: filterOf(options), states: statesOf(options), serviceOf: await serviceRuleOf(options) }
  if (options.events) return showChanges(options, wishes)
  await showSurveys(options, wishes)
  return 0
}

function checkOptions(options: StatesOptions, hasChild: boolean): void {
  const { watch, events, interval, by, store } = options
  if (hasChild) throw usageError('states runs no command')
  if (watch && events) throw usageError('--watch and --events exclude each other')
  if (interval !== undefined && !watch) throw usageError('--interval is of no use without --watch')
  if (store !== undefined && by !== 'service') throw usageError('--store is of no use without --by service')
  if (by !== undefined && events) throw usageError('--by and --events exclude each other')
  for (const name of ['duration', 'count'] as const)
    if (options[name] !== undefined && !watch && !events)
      throw usageError(`--${name} is of no use without --watch or --events`)
}

function statesOf({ state }: StatesOptions): ReadonlySet<SocketState> | undefined {
  if (!state) return undefined
  const included = state.include.length > 0 ? state.include : socketStates
  return new Set(included.filter((name) => !state.exclude.includes(name)))
}

interface Wishes {
  filter: Filter
  states: ReadonlySet<SocketState> | undefined
  serviceOf: ServiceRule | undefined
}

async function showSurveys(options: StatesOptions, wishes: Wishes): Promise<void> {
  const by = options.by ?? 'netns'
  const view = options.json ? new JsonStatesView() : new TextStatesView(by, options.watch ?? false)
  const surveyor = new StateSurveyor({ ...wishes, by } satisfies StateSurveyOptions)
  try {
    if (options.watch) await repeat(surveyor, view, options)
    else {
      const survey = await surveyor.survey()
      view.show(survey, by === 'service' ? await usualStates(survey, options) : [])
    }
  } finally {
    view.end()
    surveyor.close()
  }
}

/** Until Ctrl-C, SIGTERM, the duration or the number of surveys. */
async function repeat(
  surveyor: StateSurveyor,
  view: StatesView,
  { interval = defaultIntervalNs, duration, count = Infinity }: StatesOptions,
): Promise<void> {
  const end = Promise.withResolvers<'end'>()
  const stop = (): void => end.resolve('end')
  process.on('SIGINT', stop).on('SIGTERM', stop)
  const timer = duration === undefined ? undefined : setTimeout(stop, duration / 1e6)
  try {
    let nextMs = performance.now()
    for (let shown = 1; ; shown++) {
      view.show(await surveyor.survey())
      if (shown >= count) return
      nextMs = Math.max(nextMs + interval / 1e6, performance.now())
      if ((await Promise.race([end.promise, wait(Math.max(0, nextMs - performance.now()))])) === 'end') return
    }
  } finally {
    clearTimeout(timer)
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

function wait(ms: number): Promise<'over'> {
  return new Promise((resolve) => {
    setTimeout(() => resolve('over'), ms)
  })
}

async function showChanges(options: StatesOptions, wishes: Wishes): Promise<number> {
  const output = new Output(process.stdout)
  let watch: Watch | undefined
  let format: RowFormat<StateChangeRow> | undefined
  const rowOf = (change: StateChange, unixNs: bigint): string =>
    format ? format.row({ change, unixNs }) : JSON.stringify(stateChangeJson(change, unixNs))
  const result = await liveRun(
    {
      watch: {
        ...wishes,
        signals: ['state'],
        slowNs: undefined,
        stateRows: true,
        ringBytes: defaultRingBytes,
        maxEvents: options.count,
      },
      durationNs: options.duration,
      childArgs: undefined,
    },
    {
      onStart: (started) => {
        watch = started
        const { isTerminal } = output
        if (!options.json) format = new RowFormat(stateChangeColumns(started.ownerColumn, isTerminal), isTerminal)
        output.line(format?.header() ?? JSON.stringify(startJson(started.unixNs(started.now()), started.signals)))
        output.flush()
      },
      sinks: {
        onState: (change) => {
          if (watch) output.line(rowOf(change, watch.unixNs(change.timeNs)))
        },
        onBatchEnd: () => output.flush(),
      },
    },
  )
  if (options.json) output.line(JSON.stringify(summaryJson(result)))
  output.flush()
  if (!options.json) for (const line of summaryLines(result, process.stderr.isTTY)) process.stderr.write(`${line}\n`)
  return result.exitCode
}
