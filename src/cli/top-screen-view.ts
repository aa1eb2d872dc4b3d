import type { ReadStream, WriteStream } from 'node:tty'
import type { TopRow } from '../model/top-row.ts'
import type { TopSnapshot } from '../pipeline/top-monitor.ts'
import { rowsWithText, sortedRows } from '../track/top-rows.ts'
import type { LiveRunResult } from './live-run.ts'
import { Output } from './output.ts'
import { clockTime } from './render/columns.ts'
import { coloredStyles, colorlessStyles } from './render/styles.ts'
import { summaryLines } from './render/summary.ts'
import { topDetail } from './render/top-detail.ts'
import { pageRowsOf, topHelp, topScreen, type TopScreenFacts } from './render/top-screen.ts'
import { FullScreen } from './terminal/full-screen.ts'
import type { Key } from './terminal/key.ts'
import { arranged, firstState, pressed, type TopState } from './top-state.ts'
import type { TopRun, TopView, TopViewOptions } from './top-view.ts'
import { noActivity } from '../track/edge-activity.ts'

/** Samples that are to be seen of a row. */
const maxSamples = 50

/** A terminal's whole screen, and the keys. */
export class ScreenTopView implements TopView {
  readonly #options: TopViewOptions
  readonly #screen: FullScreen
  readonly #styles = process.env['NO_COLOR'] ? colorlessStyles : coloredStyles
  readonly #notices: string[] = []
  #run: TopRun | undefined
  #state: TopState
  /** What is shown: while paused, not the latest. */
  #snapshot: TopSnapshot | undefined
  #latest: TopSnapshot | undefined
  /** Of what is shown, without the filter, in no order. */
  #allRows: { rows: TopRow[]; snapshot: TopSnapshot; grouping: TopState['grouping'] } | undefined

  constructor(options: TopViewOptions, input: ReadStream, output: WriteStream) {
    this.#options = options
    this.#state = firstState(options.grouping, options.sort)
    this.#screen = new FullScreen(input, output, {
      onKey: (key) => this.#press(key),
      onResize: () => this.#draw(),
      onHangup: () => this.#run?.end(),
    })
  }

  start(run: TopRun): void {
    this.#run = run
    const off = run.watch.signals.filter(({ status }) => status === 'off').map(({ title }) => title)
    if (off.length > 0) this.#notices.push(`not shown by this kernel: ${off.join(', ')}`)
    this.#latest = run.monitor.snapshot()
    this.#snapshot = this.#latest
    this.#screen.open()
    this.#draw()
  }

  show(snapshot: TopSnapshot): void {
    this.#latest = snapshot
    if (this.#state.isPaused) return
    this.#snapshot = snapshot
    this.#draw()
  }

  notice(text: string): void {
    this.#notices.push(text)
    this.#draw()
  }

  #press(key: Key): void {
    if (key.name === 'ctrl+c') this.#run?.end()
    else if (key.name === 'ctrl+z') this.#screen.suspend()
    else if (key.name === 'ctrl+l') this.#screen.redraw()
    else this.#change(key)
  }

  #change(key: Key): void {
    const state = pressed(this.#state, key, { rows: this.#rows(), pageRows: this.#pageRows })
    if (state === 'quit') {
      this.#run?.end()
      return
    }
    this.#state = state
    if (!state.isPaused) this.#snapshot = this.#latest
    this.#draw()
  }

  get #pageRows(): number {
    return pageRowsOf(this.#screen.rows)
  }

  /** Of the snapshot that is shown, made once. */
  #rowsOfGrouping(): TopRow[] {
    const { grouping } = this.#state
    if (!this.#run || !this.#snapshot) return []
    if (this.#allRows?.snapshot !== this.#snapshot || this.#allRows.grouping !== grouping) {
      const rows = this.#run.monitor.rows(this.#snapshot.activities, grouping)
      this.#allRows = { rows, snapshot: this.#snapshot, grouping }
    }
    return this.#allRows.rows
  }

  #rows(): TopRow[] {
    const { filter, order } = this.#state
    return sortedRows(rowsWithText(this.#rowsOfGrouping(), filter), order)
  }

  #draw(): void {
    if (!this.#run || !this.#snapshot) return
    const facts = this.#facts(this.#run, this.#snapshot)
    this.#screen.draw(this.#state.isHelpShown ? topHelp(facts) : this.#lines(this.#run, this.#snapshot, facts))
  }

  #facts({ watch }: TopRun, { timeNs, spanNs, lostEvents, cpuShare }: TopSnapshot): TopScreenFacts {
    return {
      columns: this.#screen.columns,
      lines: this.#screen.rows,
      styles: this.#styles,
      clock: clockTime(watch.unixNs(timeNs)),
      windowNs: this.#options.windowNs,
      spanNs,
      slowNs: this.#options.slowNs,
      lostEvents,
      cpuShare,
      notice: this.#notices.at(-1),
    }
  }

  #lines({ watch, monitor }: TopRun, { timeNs }: TopSnapshot, facts: TopScreenFacts): string[] {
    const rows = this.#rows()
    this.#state = arranged(this.#state, { rows, pageRows: this.#pageRows })
    const { detail, isPaused } = this.#state
    if (!detail) return topScreen(this.#state, rows, this.#rowsOfGrouping().length, facts)
    const row = this.#currentRow(detail.row)
    this.#state.detail = { ...detail, row }
    return topDetail(
      {
        row,
        stage: detail.stage,
        isPaused,
        samples: monitor.slowSamples(row, maxSamples, timeNs),
        firstLine: detail.firstLine,
        unixNs: (ns) => watch.unixNs(ns),
      },
      facts,
    )
  }

  /** A row that did nothing in this window is shown so. */
  #currentRow(row: TopRow): TopRow {
    const found = this.#rowsOfGrouping().find(({ key }) => key === row.key)
    return found ?? { ...row, activity: noActivity(row.edge ?? othersEdge) }
  }

  end(result: LiveRunResult): void {
    this.close()
    const errors = new Output(process.stderr)
    for (const notice of this.#notices) errors.line(`wirelag: ${notice}`)
    for (const line of summaryLines(result, errors.isTerminal)) errors.line(line)
    errors.flush()
  }

  close(): void {
    this.#screen.close()
  }
}

const othersEdge = {
  process: undefined,
  protocol: 'tcp',
  role: 'any',
  peerAddress: undefined,
  port: undefined,
  netns: undefined,
} as const
