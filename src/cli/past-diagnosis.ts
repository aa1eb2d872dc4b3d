import { Option, type Command } from 'commander'
import { diagnosisJson } from '../export/finding-json.ts'
import { recordedJson } from '../export/history-json.ts'
import { overlayJson } from '../export/overlay-json.ts'
import { parseDurationNs } from '../lib/duration.ts'
import { usageError } from '../lib/operator-error.ts'
import type { TimeWindow } from '../lib/moment.ts'
import { pastOverlay } from '../pipeline/past-overlay.ts'
import type { Store } from '../store/store.ts'
import { comparedDiagnosis, type HostHistory } from './history.ts'
import { tellNotes, wantedHistories } from './history-view.ts'
import type { FilterOptions } from './options/filter-options.ts'
import { optionValue } from './options/option-value.ts'
import { addStoreOption, withHistory, type StoreOptions } from './options/store-option.ts'
import { addSpanOption, lastWindow, windowOf, type SpanOption } from './options/time-option.ts'
import { Output } from './output.ts'
import { diagnosisText } from './render/finding-text.ts'
import { recordedText } from './render/history-text.ts'
import { overlayText } from './render/overlay-text.ts'
import { stylesFor } from './render/styles.ts'

export interface HistoryTimeOptions extends StoreOptions, SpanOption {
  at?: string
  /** Nanoseconds. */
  last?: number
  on?: string
}

/** Adds what makes a command look into the history. */
export function addHistoryTimeOptions(command: Command): void {
  const group = 'From the history:'
  command
    .addOption(new Option('--at <TIME>', 'what was then: 03:17, -15m, A..B').helpGroup(group))
    .addOption(
      new Option('--last <TIME>', 'what was in the last 5m, 1h …')
        .argParser(optionValue('--last', parseDurationNs))
        .helpGroup(group),
    )
    .addOption(new Option('--on <HOST>', 'of a store of several hosts').helpGroup(group))
  addSpanOption(command)
  addStoreOption(command)
}

/** Whether the history is asked. @throws OperatorError for options that are of no use without it */
export function isOfHistory({ at, last, on, span, store }: HistoryTimeOptions): boolean {
  if (at !== undefined && last !== undefined) throw usageError('--at and --last exclude each other')
  if (at !== undefined || last !== undefined) return true
  for (const [name, value] of Object.entries({ on, span, store }))
    if (value !== undefined) throw usageError(`--${name} is of no use without --at or --last`)
  return false
}

type PastOptions = HistoryTimeOptions & FilterOptions & { json?: true; watch?: true; duration?: number; count?: number }

/** @throws OperatorError */
export function historyWindow({ at, last, span }: HistoryTimeOptions): TimeWindow {
  if (last !== undefined) return lastWindow(last)
  return windowOf('--at', at ?? 'now', span === undefined ? {} : { span })
}

/**
 * Says what was the matter, host by host.
 *
 * @returns whether anything was
 * @throws OperatorError where nothing was recorded then, or for options that only live events can be filtered by
 */
export async function pastDiagnoses(options: PastOptions, hasChild: boolean): Promise<boolean> {
  if (hasChild) throw usageError('a command cannot be run in the past')
  for (const name of liveOnly)
    if (options[name] !== undefined) throw usageError(`--${name} is of no use with --at or --last`)
  return withHistory(options, (store) => show(store, options))
}

const liveOnly = [
  'watch',
  'duration',
  'count',
  'pid',
  'tid',
  'uid',
  'comm',
  'netns',
  'port',
  'lport',
  'rport',
  'host',
  'peer',
  'ipv4',
  'ipv6',
] as const

async function show(store: Store, options: PastOptions): Promise<boolean> {
  const window = historyWindow(options)
  tellNotes(window)
  const { container, service, pod, namespace, on } = options
  const histories = await wantedHistories(store, window, {
    ...(container ? { container } : {}),
    ...(service ? { service } : {}),
    ...(pod ? { pod } : {}),
    ...(namespace ? { namespace } : {}),
    ...(on === undefined ? {} : { host: [on] }),
  })
  return showDiagnoses(store, histories, options)
}

/** @returns whether there is a finding */
export async function showDiagnoses(
  store: Store,
  histories: readonly HostHistory[],
  { json }: { json?: true },
): Promise<boolean> {
  const output = new Output(process.stdout)
  const styles = stylesFor(output.isTerminal)
  let isFound = false
  for (const history of histories) {
    const diagnosis = await comparedDiagnosis(store, history)
    isFound ||= diagnosis.findings.length > 0
    const overlay = await pastOverlay(store, history.host, history.window)
    if (json) {
      const unixNs = BigInt(history.window.toUnixMs) * 1_000_000n
      const told = diagnosisJson(diagnosis, history.observation.spanNs, unixNs, history.startUnixMs)
      output.line(JSON.stringify({ ...told, ...recordedJson(history), http: overlayJson(overlay) }))
      continue
    }
    const diagnosed = diagnosisText(diagnosis, styles, history.startUnixMs)
    for (const line of [...recordedText(history), '', ...diagnosed, ...overlayText(overlay, styles)]) output.line(line)
  }
  output.flush()
  return isFound
}
