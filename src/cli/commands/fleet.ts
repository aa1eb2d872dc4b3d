import { setTimeout as sleep } from 'node:timers/promises'
import { Option } from 'commander'
import { compareFleet, defaultThreshold } from '../../fleet/comparison.ts'
import { drillDownOf } from '../../fleet/drill-down.ts'
import { parseDurationNs } from '../../lib/duration.ts'
import { parseHttpHeader, type HttpHeader } from '../../lib/http-header.ts'
import { parseHttpUrl } from '../../lib/http-url.ts'
import { OperatorError, usageError } from '../../lib/operator-error.ts'
import { fleetGroupings, type FleetComparison, type FleetGrouping } from '../../model/fleet.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { fleetSourceOf, type FleetSource, type FleetSourceOptions } from '../fleet-source.ts'
import { FleetView } from '../fleet-view.ts'
import { optionValue } from '../options/option-value.ts'
import { parseCount } from '../options/watch-options.ts'
import { parseIntervalNs } from '../options/window-options.ts'
import { ProgressLine } from '../progress-line.ts'
import { errorText } from '../render/error-text.ts'

interface FleetOptions extends FleetSourceOptions {
  by?: FleetGrouping
  /** Nanoseconds. */
  last: number
  threshold: number
  limit?: number
  grafana?: URL
  watch?: true
  /** Nanoseconds. */
  interval?: number
  count?: number
  json?: true
}

const defaultLastNs = 300e9
const defaultIntervalNs = 10e9
/** So that scripts can tell an outlier from a failure. */
const outlierExitCode = 3

const examples = `
Every host (or service) that reports is compared with the others, measure by measure. Out of line is who is farther from the
fleet's median than --threshold times the usual deviation: 1.4826 × MAD, but at least a tenth of the median and what
matters of that measure. It takes four that have a value. A host that reports nothing is out of line, too.
Where to read: --prometheus, any store that speaks its API, or --store, the flight recorders' ClickHouse or a folder of one.
Without either: fleet in the file of --config, else the environment (WIRELAG_PROMETHEUS, WIRELAG_PROMETHEUS_HEADER).
A header on the command line can be seen by others (ps): a file or the environment keeps it to yourself.
Exit code 0: nobody is out of line; 3: somebody is; 1: it could not be read; 2: usage.

Examples:
  wirelag fleet --prometheus http://prometheus:9090
  wirelag fleet --prometheus https://mimir/prometheus --header 'X-Scope-OrgID: 7' --last 15m
  wirelag fleet --by service --watch
  wirelag fleet --store clickhouse://clickhouse:8123/wirelag
  wirelag fleet --json | jq -r 'select(.kind == "outlier").sentence'`

export const add: AddCommand = (command, context) => {
  command
    .addOption(
      new Option('--prometheus <URL>', 'read from it, or whatever speaks its API').argParser(
        optionValue('--prometheus', parseHttpUrl),
      ),
    )
    .option('--store <STORE>', "read the flight recorders' records: clickhouse://… or a folder")
    .addOption(
      new Option('--header <HEADER>', "sent to Prometheus, as 'Authorization: Bearer …'; may be given again")
        .default([], 'none')
        .argParser((text: string, previous: HttpHeader[]) => [...previous, parseHeader(text)]),
    )
    .addOption(
      new Option('--timeout <TIME>', 'of each question to Prometheus (default: 15s)').argParser(
        optionValue('--timeout', parseIntervalNs),
      ),
    )
    .addOption(new Option('--by <WHAT>', 'what a row is of (default: host)').choices(fleetGroupings))
    .addOption(
      new Option('--last <TIME>', 'what rates and p95s are of')
        .default(defaultLastNs, '5m')
        .argParser(optionValue('--last', parseLastNs)),
    )
    .addOption(
      new Option('--threshold <N>', 'usual deviations from the median, beyond which one is out of line')
        .default(defaultThreshold)
        .argParser(optionValue('--threshold', parseThreshold)),
    )
    .addOption(
      new Option('--limit <N>', 'rows at most (default: 20 on a terminal, else all)').argParser(
        optionValue('--limit', parseCount),
      ),
    )
    .addOption(
      new Option('--grafana <URL>', "link to wirelag's dashboards there").argParser(
        optionValue('--grafana', parseHttpUrl),
      ),
    )
    .option('--watch', 'again at each interval, until Ctrl-C')
    .addOption(
      new Option('--interval <TIME>', 'with --watch: how often (default: 10s)').argParser(
        optionValue('--interval', parseIntervalNs),
      ),
    )
    .addOption(
      new Option('--count <N>', 'with --watch: end after this many').argParser(optionValue('--count', parseCount)),
    )
    .addOption(new Option('--json', 'one JSON object a line (docs/json.md)'))
    .addOption(new Option('--config <FILE>', 'where to read, and headers: YAML, see docs/config.md'))
    .addHelpText('after', examples)
    .action(async (options: FleetOptions) => context.onExit(await fleet(options, context)))
}

const parseHeader = optionValue('--header', parseHttpHeader)

function parseLastNs(text: string): number {
  const ns = parseDurationNs(text)
  if (ns < 1e9 || ns > 24 * 3600e9) throw new SyntaxError(`${text} is out of range: from 1s to 24h`)
  return ns
}

function parseThreshold(text: string): number {
  const threshold = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  if (!(threshold > 0)) throw new SyntaxError(`'${text}' is not a number over 0`)
  return threshold
}

async function fleet(options: FleetOptions, { childArgs }: CommandContext): Promise<number> {
  const { watch = false, interval, count, json = false, limit, grafana } = options
  if (childArgs) throw usageError('fleet runs no command')
  if (interval !== undefined && !watch) throw usageError('--interval is of no use without --watch')
  if (count !== undefined && !watch) throw usageError('--count is of no use without --watch')
  const source = await fleetSourceOf(options)
  const dashboards = grafana ?? source.grafana
  const view = new FleetView({
    isJson: json,
    isWatch: watch,
    limit,
    drillDownOf:
      ({ reading }) =>
      (outlier) =>
        drillDownOf(outlier, reading, dashboards),
  })
  try {
    if (watch) return await repeat(source, view, options)
    const comparison = await compared(source, options)
    view.show(comparison)
    return exitCodeOf(comparison)
  } finally {
    await source.close()
  }
}

function exitCodeOf({ outliers }: FleetComparison): number {
  return outliers.length > 0 ? outlierExitCode : 0
}

async function compared(
  source: FleetSource,
  { by = 'host', last, threshold, watch }: FleetOptions,
): Promise<FleetComparison> {
  const progress = new ProgressLine()
  try {
    const reading = await source.read({
      by,
      spanMs: last / 1e6,
      onProgress: (done, all) => progress.show(`${done} of ${all} ${source.asked}`, watch),
    })
    return compareFleet(reading, threshold)
  } finally {
    progress.clear()
  }
}

/** Until Ctrl-C, SIGTERM, or the number of readings; one that fails ends nothing but the first. */
async function repeat(source: FleetSource, view: FleetView, options: FleetOptions): Promise<number> {
  const { interval = defaultIntervalNs, count = Infinity } = options
  const ended = new AbortController()
  const end = new Promise<'end'>((resolve) => {
    ended.signal.addEventListener('abort', () => resolve('end'))
  })
  const stop = (): void => ended.abort()
  process.on('SIGINT', stop).on('SIGTERM', stop)
  let exitCode: number | undefined
  try {
    for (let shown = 1; ; shown++) {
      const comparison = await Promise.race([end, tried(source, view, options, exitCode === undefined)])
      if (comparison === 'end') return exitCode ?? 0
      exitCode = comparison ? exitCodeOf(comparison) : exitCode
      if (shown >= count) return exitCode ?? 0
      await sleep(interval / 1e6, undefined, { signal: ended.signal }).catch(() => {})
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

async function tried(
  source: FleetSource,
  view: FleetView,
  options: FleetOptions,
  isFirst: boolean,
): Promise<FleetComparison | undefined> {
  try {
    const comparison = await compared(source, options)
    view.show(comparison)
    return comparison
  } catch (error) {
    if (isFirst || !(error instanceof OperatorError)) throw error
    view.showError(errorText(error))
    return undefined
  }
}
