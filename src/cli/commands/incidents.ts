import { Option } from 'commander'
import { incidentJson } from '../../export/history-json.ts'
import { parseDurationNs } from '../../lib/duration.ts'
import { localTime } from '../../lib/moment.ts'
import { usageError } from '../../lib/operator-error.ts'
import { printable } from '../../lib/printable.ts'
import { stageNames } from '../../model/edge.ts'
import type { SlowSample } from '../../model/slow-sample.ts'
import { searchIncidents, type FoundIncident } from '../../store/incident-search.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { tellNotes } from '../history-view.ts'
import { addHistoryOptions, identityFilterOf, type HistoryOptions } from '../options/history-options.ts'
import { optionValue } from '../options/option-value.ts'
import { withHistory } from '../options/store-option.ts'
import { addSpanOption, lastWindow, windowOf, type SpanOption } from '../options/time-option.ts'
import { parseCount } from '../options/watch-options.ts'
import { Output } from '../output.ts'
import { incidentText } from '../render/incident-text.ts'

interface IncidentsOptions extends HistoryOptions, SpanOption {
  text?: string
  over?: number
  what?: ReadonlySet<SlowSample['what']>
  sort: 'slowest' | 'latest'
  limit: number
}

const lastNs = 3600e9
const whats: readonly SlowSample['what'][] = [...stageNames, 'retransmit']

const examples = `
Searches what the flight recorder kept one by one: calls and connections that took longer than the agent's 'slow', connects that failed, timers
that ran out. Of the last hour, or of TIME as wirelag at takes it; of one host, or of all hosts of a shared ClickHouse.
Exit code 0, also where there is none.

Examples:
  wirelag incidents                                     the slowest of the last hour
  wirelag incidents 03:10..03:25 --what send --over 200ms
  wirelag incidents -1h..now --text 10.0.3.17           with one peer
  wirelag incidents --text ETIMEDOUT --sort latest
  wirelag incidents --store clickhouse://db/wirelag --service checkout
  wirelag incidents --json | jq -r '[.host, .id, .latencyUs] | @tsv'`

export const add: AddCommand = (command, context) => {
  command.argument('[TIME]', 'when: default the last hour').allowUnknownOption()
  addSpanOption(command)
  command
    .addOption(
      new Option('--text <TEXT>', 'an address, a comm, an errno: anything that stands in it, in the same case'),
    )
    .addOption(
      new Option('--over <TIME>', 'only what took longer, as 50ms').argParser(optionValue('--over', parseDurationNs)),
    )
    .addOption(
      new Option('--what <STAGES>', `of ${whats.join(', ')}; with commas between`).argParser(
        optionValue('--what', parseWhats),
      ),
    )
    .addOption(new Option('--sort <ORDER>', 'which first').choices(['slowest', 'latest']).default('slowest'))
    .addOption(new Option('--limit <N>', 'so many at most').default(20).argParser(optionValue('--limit', parseCount)))
  addHistoryOptions(command)
  command
    .addHelpText('after', examples)
    .action(async (time: string | undefined, options: IncidentsOptions) => incidents(time, options, context))
}

function parseWhats(text: string): ReadonlySet<SlowSample['what']> {
  return new Set(
    text.split(',').map((word) => {
      const found = whats.find((what) => what.toLowerCase() === word.trim().toLowerCase())
      if (!found) throw new SyntaxError(`'${word}' is none of ${whats.join(', ')}`)
      return found
    }),
  )
}

async function incidents(
  time: string | undefined,
  options: IncidentsOptions,
  { childArgs }: CommandContext,
): Promise<void> {
  if (childArgs) throw usageError('incidents runs no command')
  const window = time === undefined ? lastWindow(options.span ?? lastNs) : windowOf('TIME', time, options)
  tellNotes(window)
  const { text, over: overNs, what, sort, limit, host: hosts } = options
  await withHistory(options, async (store) => {
    const { fromUnixMs, toUnixMs } = window
    const filter = identityFilterOf(options)
    const wishes = { fromUnixMs, toUnixMs, hosts, filter, text, overNs, whats: what, sort, limit }
    const { found, count } = await searchIncidents(store, wishes)
    const output = new Output(process.stdout)
    for (const one of found) for (const line of linesOf(one, options)) output.line(line)
    output.flush()
    if (options.json || found.length === count) return
    process.stderr.write(`wirelag: ${found.length} of ${count} incidents; --limit shows more\n`)
  })
}

function linesOf({ host, incident }: FoundIncident, { json }: IncidentsOptions): string[] {
  if (json) return [JSON.stringify({ ...incidentJson(incident), host })]
  const [first = '', ...rest] = incidentText(incident, false)
  const day = localTime(Number(incident.unixNs / 1_000_000n)).slice(0, 10)
  return [`${printable(host)}  ${day} ${first}`, ...rest]
}
