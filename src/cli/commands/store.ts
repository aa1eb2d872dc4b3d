import { Option, type Command } from 'commander'
import { formatDuration, parseDurationNs } from '../../lib/duration.ts'
import { usageError } from '../../lib/operator-error.ts'
import { printable } from '../../lib/printable.ts'
import type { ClickhouseStoreReport } from '../../store/clickhouse/store-admin.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { optionValue } from '../options/option-value.ts'
import { Output } from '../output.ts'

interface StoreCommandOptions {
  store: string
  /** Nanoseconds. */
  maxAge?: number
  json?: true
}

const dayNs = 86_400e9

const examples = `
The database of a ClickHouse in which the flight recorders of many hosts keep what they see (docs/clickhouse.md).
With cluster= the tables are replicated, and distributed by host over the shards of that cluster, all of whose servers
must run for it. Doing it again does no harm; --max-age then changes how long records are kept.
The URL may also be in the environment, where others do not see the password: WIRELAG_STORE.
Exit code 0; 1: it cannot be reached, or has no tables (status); 2: usage.

Examples:
  wirelag store init --store clickhouse://recorder:secret@db:8123/wirelag
  wirelag store init --store 'clickhouse://recorder:secret@db/wirelag?cluster=fleet' --max-age 30d
  wirelag store status --store clickhouse://db/wirelag`

export const add: AddCommand = (command, context) => {
  command.addHelpText('after', examples)
  const init = command.command('init').description('makes the database and its tables, as far as they are not there')
  addPlace(init)
    .addOption(
      new Option('--max-age <TIME>', 'how long records are kept, in days (default: as before, else 7d)').argParser(
        optionValue('--max-age', parseMaxAgeNs),
      ),
    )
    .action(async (options: StoreCommandOptions) => initStore(options, context))
  addPlace(command.command('status').description('what is there'))
    .addOption(new Option('--json', 'one JSON object'))
    .action(async (options: StoreCommandOptions) => tellStatus(options, context))
}

function addPlace(command: Command): Command {
  const place = new Option('--store <URL>', 'clickhouse://[user:password@]host[:port]/database[?cluster=name]')
  return command.addOption(place.env('WIRELAG_STORE').makeOptionMandatory()).allowExcessArguments(false)
}

function parseMaxAgeNs(text: string): number {
  const ns = parseDurationNs(text)
  if (ns < dayNs || ns % dayNs !== 0) throw new SyntaxError(`${text} is not in days, as 7d: a day is forgotten at once`)
  return ns
}

async function initStore({ store, maxAge }: StoreCommandOptions, { childArgs }: CommandContext): Promise<void> {
  if (childArgs) throw usageError('store runs no command')
  const { initClickhouse } = await import('../../store/clickhouse/store-admin.ts')
  const { where, before, now } = await initClickhouse(store, maxAge === undefined ? undefined : maxAge / 1e6)
  const cluster = now.cluster === undefined ? '' : ` on the cluster '${now.cluster}'`
  const did = !before ? 'is made' : before.version < now.version ? `was of version ${before.version}` : 'was there'
  tell([`${where}${cluster} ${did}: version ${now.version}, keeps ${daysText(now.maxAgeMs)}`])
}

async function tellStatus({ store, json }: StoreCommandOptions, { childArgs }: CommandContext): Promise<void> {
  if (childArgs) throw usageError('store runs no command')
  const { clickhouseReport } = await import('../../store/clickhouse/store-admin.ts')
  const report = await clickhouseReport(store)
  tell(json ? [JSON.stringify({ kind: 'store', ...report })] : reportLines(report))
}

function tell(lines: readonly string[]): void {
  const output = new Output(process.stdout)
  for (const line of lines) output.line(line)
  output.flush()
}

function reportLines({ where, version, cluster, maxAgeMs, hosts }: ClickhouseStoreReport): string[] {
  const place = cluster === undefined ? '' : `, cluster '${cluster}'`
  const now = Date.now()
  return [
    `${where}: version ${version}${place}, keeps ${daysText(maxAgeMs)}, ${hosts.length} host${hosts.length === 1 ? '' : 's'}`,
    ...hosts.map(({ host, firstUnixMs, lastUnixMs }) => {
      const ago = formatDuration(Math.max(0, now - lastUnixMs) * 1e6)
      return `  ${printable(host)}  since ${new Date(firstUnixMs).toISOString()}, last ${ago} ago`
    }),
  ]
}

function daysText(ms: number): string {
  const days = ms / 86_400_000
  return days === 1 ? '1 day' : `${days} days`
}
