import { sendActivityJson, sendAlertJson, sendsJson } from '../export/send-activity-json.ts'
import { sendJson, startJson, summaryJson } from '../export/ndjson.ts'
import type { Alert } from '../model/alert.ts'
import type { SendActivity, SendGrouping } from '../model/send-activity.ts'
import type { SendSample } from '../model/send-sample.ts'
import type { Watch } from '../pipeline/watch.ts'
import type { WebhookTally } from '../pipeline/webhook.ts'
import type { LiveRunResult } from './live-run.ts'
import { LiveBlock } from './live-block.ts'
import { Output } from './output.ts'
import { alertText, colored, webhookLine } from './render/alert-text.ts'
import { clockTime, clockTimeMs, RowFormat } from './render/columns.ts'
import { sendColumns } from './render/send-columns.ts'
import { sendTable } from './render/send-table.ts'
import { summaryLines } from './render/summary.ts'

/** What `wirelag send` shows while it runs. */
export type SendMode = 'intervals' | 'samples' | 'once'

/** What of the clock of a watch is needed to show its times. */
export type WatchClock = Pick<Watch, 'now' | 'unixNs'>

export interface SendViewOptions {
  /** Standard output, or standard error where a command that is run has the other for itself. */
  stream: NodeJS.WriteStream
  mode: SendMode
  grouping: SendGrouping
  hasUdp: boolean
  windowNs: number
  /** Whether a command that is run may write between our lines. */
  isShared: boolean
}

/** What there is to say at the end. */
export interface SendRunEnd {
  /** The sends of the whole run. */
  rows: readonly SendActivity[]
  /** Alerts that are not over. */
  firing: readonly Alert<SendActivity>[]
  result: LiveRunResult
  clock: WatchClock
  /** Fulfilled when the last messages are delivered, or given up. */
  webhook: Promise<WebhookTally> | undefined
}

/** How `wirelag send` shows what it found. */
export interface SendView {
  start(watch: Watch): void
  /** The sends of the last window. */
  sends(rows: readonly SendActivity[], firing: readonly Alert<SendActivity>[], clock: WatchClock): void
  sample(sample: SendSample, clock: WatchClock): void
  /** Alerts that began or ended. */
  alerts(changed: readonly Alert<SendActivity>[], clock: WatchClock): void
  flush(): void
  end(end: SendRunEnd): Promise<void>
}

/** One object a line. */
export class JsonSendView implements SendView {
  readonly #output: Output
  readonly #windowNs: number

  constructor({ stream, windowNs }: SendViewOptions) {
    this.#output = new Output(stream)
    this.#windowNs = windowNs
  }

  #write(object: Record<string, unknown>): void {
    this.#output.line(JSON.stringify(object))
  }

  start(watch: Watch): void {
    this.#write(startJson(watch.unixNs(watch.now()), watch.signals))
    this.flush()
  }

  sends(rows: readonly SendActivity[], _firing: readonly Alert<SendActivity>[], clock: WatchClock): void {
    this.#write(sendsJson(rows, this.#windowNs, clock.unixNs(clock.now())))
    this.flush()
  }

  sample(sample: SendSample, clock: WatchClock): void {
    this.#write(sendJson(sample, clock.unixNs(sample.timeNs)))
  }

  alerts(changed: readonly Alert<SendActivity>[], clock: WatchClock): void {
    for (const alert of changed) this.#write(sendAlertJson(alert, this.#windowNs, clock.unixNs(alert.changedNs)))
    this.flush()
  }

  flush(): void {
    this.#output.flush()
  }

  async end({ rows, result, webhook }: SendRunEnd): Promise<void> {
    this.#write(summaryJson(result, { rows: rows.map((row) => sendActivityJson(row)), webhook: await webhook }))
    this.flush()
  }
}

/**
 * Tables and rows. On a terminal the table is drawn anew in place, unless a command that is run writes there too; piped,
 * the tables follow one another with the time before each row, and alerts go to standard error.
 */
export class TextSendView implements SendView {
  readonly #options: SendViewOptions
  readonly #output: Output
  readonly #errors = new Output(process.stderr)
  readonly #sampleFormat: RowFormat<{ sample: SendSample; unixNs: bigint }>
  readonly #block: LiveBlock | undefined
  #hasHeader = false

  constructor(options: SendViewOptions) {
    this.#options = options
    this.#output = new Output(options.stream)
    this.#sampleFormat = new RowFormat(sendColumns, this.#isTerminal)
    const isLive = this.#isTerminal && !options.isShared && process.env['TERM'] !== 'dumb'
    this.#block = isLive && options.mode === 'intervals' ? new LiveBlock(options.stream) : undefined
  }

  get #isTerminal(): boolean {
    return this.#output.isTerminal
  }

  start(clock: WatchClock): void {
    if (this.#options.mode === 'samples') this.#output.line(this.#sampleFormat.header())
    else if (!this.#isTerminal || this.#block) this.sends([], [], clock)
    this.flush()
  }

  /** @param output where it goes: standard error may be no terminal, or another */
  #table(rows: readonly SendActivity[], output = this.#output): string[] {
    const { grouping, hasUdp } = this.#options
    return sendTable(rows, { grouping, hasUdp, isTerminal: output.isTerminal, width: output.columns })
  }

  sends(rows: readonly SendActivity[], firing: readonly Alert<SendActivity>[], clock: WatchClock): void {
    const unixNs = clock.unixNs(clock.now())
    if (!this.#isTerminal) this.#pipe(this.#table(rows), clockTimeMs(unixNs))
    else if (this.#options.mode === 'once') for (const line of this.#table(rows)) this.#output.line(line)
    else this.#block?.draw(this.#screen(rows, firing, unixNs, this.#block))
    this.flush()
  }

  #screen(
    rows: readonly SendActivity[],
    firing: readonly Alert<SendActivity>[],
    unixNs: bigint,
    { maxLines }: LiveBlock,
  ): string[] {
    const alerts = firing.length > 0 ? `; ${firing.length} ${firing.length === 1 ? 'alert' : 'alerts'}` : ''
    const title = `${clockTime(unixNs)}  sends of the last ${this.#options.windowNs / 1e9} s, worst p95 first${alerts}`
    if (rows.length === 0) return [title, 'none']
    const room = Math.max(0, maxLines - 2)
    const shown = rows.length <= room ? rows : rows.slice(0, Math.max(0, room - 1))
    const more = rows.length > shown.length ? [`${rows.length - shown.length} more`] : []
    return [title, ...this.#table(shown), ...more]
  }

  /** @param lines header and rows */
  #pipe([header, ...rows]: readonly string[], time: string): void {
    if (!this.#hasHeader) this.#output.line(`TIME\t${header}`)
    this.#hasHeader = true
    for (const row of rows) this.#output.line(`${time}\t${row}`)
  }

  sample(sample: SendSample, clock: WatchClock): void {
    this.#output.line(this.#sampleFormat.row({ sample, unixNs: clock.unixNs(sample.timeNs) }))
  }

  alerts(changed: readonly Alert<SendActivity>[], clock: WatchClock): void {
    if (changed.length === 0) return
    const lines = changed.map((alert) => this.#alertLine(alert, clock))
    if (this.#block) this.#block.above(lines)
    else for (const line of lines) (this.#isTerminal ? this.#output : this.#errors).line(line)
    this.flush()
  }

  #alertLine(alert: Alert<SendActivity>, clock: WatchClock): string {
    const line = `${clockTime(clock.unixNs(alert.changedNs))} ${alertText(alert)}`
    if (!this.#isTerminal) return `wirelag: ${line}`
    return process.env['NO_COLOR'] ? line : colored(line, alert.state)
  }

  flush(): void {
    this.#output.flush()
    this.#errors.flush()
  }

  /** Piped, the sums must not mix with the rows. With `once` they are what has been shown. */
  async end({ rows, firing, result, clock, webhook }: SendRunEnd): Promise<void> {
    this.#block?.clear()
    const output = this.#isTerminal ? this.#output : this.#errors
    if (this.#options.mode !== 'once') {
      if (rows.length > 0) for (const line of this.#table(rows, output)) output.line(line)
      for (const alert of firing) {
        const since = clockTime(clock.unixNs(alert.startedNs))
        this.#errors.line(`wirelag: since ${since}, not over yet: ${alertText(alert)}`)
      }
    }
    output.flush()
    for (const line of summaryLines(result, this.#errors.isTerminal)) this.#errors.line(line)
    this.flush()
    if (!webhook) return
    this.#errors.line(webhookLine(await webhook))
    this.flush()
  }
}
