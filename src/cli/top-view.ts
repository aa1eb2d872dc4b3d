import { startJson, summaryJson } from '../export/ndjson.ts'
import { topJson } from '../export/top-json.ts'
import type { TopColumnName, TopGrouping, TopRow } from '../model/top-row.ts'
import type { TopMonitor, TopSnapshot } from '../pipeline/top-monitor.ts'
import type { Watch } from '../pipeline/watch.ts'
import { sortedRows } from '../track/top-rows.ts'
import type { LiveRunResult } from './live-run.ts'
import { Output } from './output.ts'
import { clockTimeMs } from './render/columns.ts'
import { noStyles } from './render/styles.ts'
import { summaryLines } from './render/summary.ts'
import { fitColumns, topColumns, topHeader, topLine, usefulColumns } from './render/top-columns.ts'

export interface TopViewOptions {
  /** Standard output, or standard error where a command that is run has the other for itself. */
  stream: NodeJS.WriteStream
  grouping: TopGrouping
  sort: TopColumnName
  windowNs: number
  slowNs: number
}

/** A run of `wirelag top`, as its view sees it. */
export interface TopRun {
  watch: Watch
  monitor: TopMonitor
  end: () => void
}

/** How `wirelag top` shows what it found. */
export interface TopView {
  start(run: TopRun): void
  /** A window has gone by; or, with `isOnce`, the run. */
  show(snapshot: TopSnapshot): void
  notice(text: string): void
  end(result: LiveRunResult): void
  /** Gives the terminal back, whatever happened. */
  close(): void
}

/** What the views that only write have in common. */
abstract class WritingTopView {
  protected readonly options: TopViewOptions
  protected readonly output: Output
  #run: TopRun | undefined

  constructor(options: TopViewOptions) {
    this.options = options
    this.output = new Output(options.stream)
  }

  start(run: TopRun): void {
    this.#run = run
  }

  protected rows({ activities }: TopSnapshot): TopRow[] {
    const { grouping, sort } = this.options
    return sortedRows(this.#run?.monitor.rows(activities, grouping) ?? [], { column: sort, isReversed: false })
  }

  protected unixNs({ timeNs }: TopSnapshot): bigint {
    return this.#run?.watch.unixNs(timeNs) ?? 0n
  }

  notice(text: string): void {
    process.stderr.write(`wirelag: ${text}\n`)
  }

  close(): void {}
}

/** One object a line. */
export class JsonTopView extends WritingTopView implements TopView {
  override start(run: TopRun): void {
    super.start(run)
    this.#write(startJson(run.watch.unixNs(run.watch.now()), run.watch.signals))
  }

  show(snapshot: TopSnapshot): void {
    this.#write(topJson(this.rows(snapshot), snapshot.spanNs, this.unixNs(snapshot)))
  }

  end(result: LiveRunResult): void {
    this.#write(summaryJson(result))
  }

  #write(object: Record<string, unknown>): void {
    this.output.line(JSON.stringify(object))
    this.output.flush()
  }
}

/** Tab-separated rows, each with the time of its window; on a terminal an aligned table. */
export class TextTopView extends WritingTopView implements TopView {
  override start(run: TopRun): void {
    super.start(run)
    if (this.output.isTerminal) return
    this.output.line(['TIME', ...topColumns(this.options.grouping).map(({ fieldTitle }) => fieldTitle)].join('\t'))
    this.output.flush()
  }

  show(snapshot: TopSnapshot): void {
    const rows = this.rows(snapshot)
    for (const line of this.output.isTerminal ? this.#table(rows, snapshot) : this.#fields(rows, snapshot))
      this.output.line(line)
    this.output.flush()
  }

  #fields(rows: readonly TopRow[], snapshot: TopSnapshot): string[] {
    const time = clockTimeMs(this.unixNs(snapshot))
    const columns = topColumns(this.options.grouping)
    return rows.map((row) => [time, ...columns.map(({ field }) => field(row, snapshot.spanNs))].join('\t'))
  }

  #table(rows: readonly TopRow[], { spanNs }: TopSnapshot): string[] {
    const { grouping, sort, stream, slowNs } = this.options
    const fitted = fitColumns(usefulColumns(grouping, rows), stream.columns || 80, sort)
    const facts = { spanNs, slowNs, styles: noStyles }
    return [topHeader(fitted, undefined, noStyles), ...rows.map((row) => topLine(fitted, row, facts))]
  }

  end(result: LiveRunResult): void {
    const errors = new Output(process.stderr)
    for (const line of summaryLines(result, errors.isTerminal)) errors.line(line)
    errors.flush()
  }
}
