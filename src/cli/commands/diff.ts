import { diffJson } from '../../export/history-json.ts'
import { usageError } from '../../lib/operator-error.ts'
import { changesBetween } from '../../track/comparison.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import type { HostHistory } from '../history.ts'
import { tellNotes, wantedHistories } from '../history-view.ts'
import { addHistoryOptions, type HistoryOptions } from '../options/history-options.ts'
import { withHistory } from '../options/store-option.ts'
import { addSpanOption, windowOf, type SpanOption } from '../options/time-option.ts'
import { Output } from '../output.ts'
import { changeTable } from '../render/change-table.ts'
import { recordedText } from '../render/history-text.ts'

interface DiffOptions extends HistoryOptions, SpanOption {}

const examples = `
Compares two times of the history: which stage of which edge or service, which state, which fact of the host moved, by
ratio and by how many it is of, the most first. Each time is A..B, or a moment with --span around it, as 'at' takes it.
What is less than half more, or a third less, is no change.
Exit code 0; 1: nothing was recorded in one of them; 2: usage.

Examples:
  wirelag diff 02:00..03:00 03:10..03:20     what was other than in the hour before
  wirelag diff 2026-11-19T03:17 03:17        the same minute, a day later
  wirelag diff -1h..-10m -10m..now --service api
  wirelag diff -1h..-10m -10m..now --json | jq '.changes[0]'`

export const add: AddCommand = (command, context) => {
  command.argument('<BEFORE>', 'a time').argument('<AFTER>', 'another').allowUnknownOption()
  addSpanOption(command)
  addHistoryOptions(command)
  command
    .addHelpText('after', examples)
    .action(async (before: string, after: string, options: DiffOptions) => diff([before, after], options, context))
}

async function diff(times: [string, string], options: DiffOptions, { childArgs }: CommandContext): Promise<void> {
  if (childArgs) throw usageError('diff runs no command')
  const [first, second] = [windowOf('BEFORE', times[0], options), windowOf('AFTER', times[1], options)]
  for (const window of [first, second]) tellNotes(window)
  await withHistory(options, async (store) => {
    const before = await wantedHistories(store, first, options)
    const after = await wantedHistories(store, second, options)
    show(before, after, options)
  })
}

function show(before: readonly HostHistory[], after: readonly HostHistory[], { json }: DiffOptions): void {
  const output = new Output(process.stdout)
  for (const later of after) {
    const earlier = before.find(({ host }) => host === later.host)
    if (!earlier) {
      process.stderr.write(`wirelag: of ${later.host} nothing was recorded in the first time\n`)
      continue
    }
    const changes = changesBetween(earlier.observation, later.observation)
    if (json) {
      output.line(JSON.stringify(diffJson(earlier, later, changes)))
      continue
    }
    for (const line of [...recordedText(earlier), ...recordedText(later), '']) output.line(line)
    for (const line of changeTable(changes, output.isTerminal)) output.line(line)
  }
  output.flush()
}
