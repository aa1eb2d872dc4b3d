import { momentJson } from '../export/history-json.ts'
import type { TimeWindow } from '../lib/moment.ts'
import { hostFigures } from '../track/host-figures.ts'
import { topRows } from '../track/top-rows.ts'
import { comparedDiagnosis, hostHistories, nothingRecorded, type HostHistory } from './history.ts'
import { identityFilterOf, type HistoryOptions } from './options/history-options.ts'
import { Output } from './output.ts'
import { historyText, statesOf } from './render/history-text.ts'
import { stylesFor } from './render/styles.ts'
import type { Store } from '../store/store.ts'

/** What stands out in a table. */
const slowNs = 5e6

/**
 * The histories of a time as the options choose them.
 *
 * @throws OperatorError where nothing was recorded
 */
export async function wantedHistories(
  store: Store,
  window: TimeWindow,
  options: HistoryOptions,
): Promise<HostHistory[]> {
  const histories = await hostHistories(store, { window, hosts: options.host, filter: identityFilterOf(options) })
  if (histories.length === 0) throw await nothingRecorded(store, window)
  return histories
}

/** Says on standard error what the user should know of the time that was asked for. */
export function tellNotes({ notes }: Pick<TimeWindow, 'notes'>): void {
  for (const note of notes) process.stderr.write(`wirelag: ${note}\n`)
}

/** Shows what went on, host by host. @returns whether anything was found */
export async function showHistories(
  store: Store,
  histories: readonly HostHistory[],
  { json }: HistoryOptions,
): Promise<boolean> {
  const output = new Output(process.stdout)
  let isFound = false
  for (const [i, history] of histories.entries()) {
    const diagnosis = await comparedDiagnosis(store, history)
    isFound ||= diagnosis.findings.length > 0
    if (json) {
      const { observation } = history
      const facts = {
        ...history,
        diagnosis,
        services: topRows(observation.edges, 'service'),
        edges: topRows(observation.edges, 'edge'),
        states: statesOf(observation.states),
        figures: hostFigures(observation),
      }
      output.line(JSON.stringify(momentJson(facts)))
      continue
    }
    if (i > 0) output.line('')
    const { isTerminal, columns } = output
    const options = { isTerminal, columns: Math.min(columns, 1000), styles: stylesFor(isTerminal), slowNs }
    for (const line of historyText(history, diagnosis, options)) output.line(line)
  }
  output.flush()
  return isFound
}
