import { Option } from 'commander'
import { incidentJson } from '../../export/history-json.ts'
import { OperatorError, usageError } from '../../lib/operator-error.ts'
import type { Store } from '../../store/store.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { incidentOf } from '../history.ts'
import { showHistories, tellNotes, wantedHistories } from '../history-view.ts'
import { addHistoryOptions, type HistoryOptions } from '../options/history-options.ts'
import { withHistory } from '../options/store-option.ts'
import { addSpanOption, windowOf, type SpanOption } from '../options/time-option.ts'
import { Output } from '../output.ts'
import { incidentText } from '../render/incident-text.ts'

interface AtOptions extends HistoryOptions, SpanOption {
  incident?: string
}

const examples = `
Reads what the agent's flight recorder kept: what was the matter, each service and edge with p95 and rate of its stages,
sockets by state, facts of the host, and the slowest incidents with both ends, where the time went and what led to it.
TIME: 03:17 or 03:17:20 (the last that has been, by the local clock), 2026-11-20T03:17, with Z or +01:00 where it is of
another zone, -15m, now, or A..B. 03:17 is that whole minute; of other moments --span is half before and half after.
Nothing is made up: of what time nothing was recorded, what was lost and what there was no room for is said.
Exit code 0; 1: nothing was recorded then, or it cannot be read; 2: usage.

Examples:
  wirelag at 03:17                          what went on then
  wirelag at -15m --span 5m --container web-1
  wirelag at 03:10..03:25 --service api
  wirelag at --incident dz3k1x0             one incident, with all of its socket's history
  wirelag at 03:17 --store clickhouse://db/wirelag --host edge-07
  wirelag at 03:17 --json | jq '.incidents[] | {what, latencyUs, peerAddress}'`

export const add: AddCommand = (command, context) => {
  command.argument('[TIME]', 'when').allowUnknownOption()
  addSpanOption(command)
  command.addOption(new Option('--incident <ID>', 'one incident, whenever it was'))
  addHistoryOptions(command)
  command
    .addHelpText('after', examples)
    .action(async (time: string | undefined, options: AtOptions) => at(time, options, context))
}

async function at(time: string | undefined, options: AtOptions, { childArgs }: CommandContext): Promise<void> {
  if (childArgs) throw usageError('at runs no command')
  if (time === undefined && options.incident === undefined) throw usageError('when? A TIME or --incident is wanted')
  if (time !== undefined && options.incident !== undefined) throw usageError('TIME and --incident exclude each other')
  if (options.incident !== undefined && !/^[\w-]{1,64}$/.test(options.incident))
    throw usageError(`--incident: '${options.incident}' is no name of an incident`)
  const window = time === undefined ? undefined : windowOf('TIME', time, options)
  await withHistory(options, async (store) => {
    if (!window) {
      await showIncident(store, options.incident ?? '', options)
      return
    }
    tellNotes(window)
    await showHistories(store, await wantedHistories(store, window, options), options)
  })
}

async function showIncident(store: Store, id: string, options: AtOptions): Promise<void> {
  const found = await incidentOf(store, id)
  if (!found)
    throw new OperatorError('WIRELAG_NO_INCIDENT', `there is no incident ${id} in the history`, {
      advice: 'It may be older than what is kept.',
    })
  const output = new Output(process.stdout)
  if (options.json) output.line(JSON.stringify({ ...incidentJson(found.incident), host: found.host }))
  else for (const line of incidentText(found.incident, true)) output.line(line)
  output.flush()
}
