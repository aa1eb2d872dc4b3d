import { fleetJson } from '../export/fleet-json.ts'
import { tooFewSentence } from '../fleet/comparison.ts'
import type { DrillDown } from '../fleet/drill-down.ts'
import { printable } from '../lib/printable.ts'
import type { FleetComparison, Outlier } from '../model/fleet.ts'
import { LiveBlock } from './live-block.ts'
import { Output } from './output.ts'
import { clockTime } from './render/columns.ts'
import { fleetTable } from './render/fleet-table.ts'
import { fleetText } from './render/fleet-text.ts'
import { stylesFor } from './render/styles.ts'

export interface FleetViewOptions {
  isJson: boolean
  isWatch: boolean
  /** Of rows; undefined: 20 on a terminal, else all. */
  limit: number | undefined
  drillDownOf: (comparison: FleetComparison) => (outlier: Outlier) => DrillDown
}

const terminalLimit = 20

/** Shows a fleet: on a terminal text, drawn anew in place with `--watch`; to a program rows or JSON. */
export class FleetView {
  readonly #options: FleetViewOptions
  readonly #output = new Output(process.stdout)
  readonly #errors = new Output(process.stderr)
  readonly #block: LiveBlock | undefined
  #hasHeader = false
  #toldWarnings: ReadonlySet<string> = new Set()

  constructor(options: FleetViewOptions) {
    this.#options = options
    const isLive = options.isWatch && !options.isJson && this.#output.isTerminal && process.env['TERM'] !== 'dumb'
    this.#block = isLive ? new LiveBlock(process.stdout) : undefined
  }

  show(comparison: FleetComparison): void {
    const drillDownOf = this.#options.drillDownOf(comparison)
    if (this.#options.isJson) {
      for (const object of fleetJson(comparison, drillDownOf)) this.#output.line(JSON.stringify(object))
    } else if (this.#block) this.#block.draw(this.#text(comparison, drillDownOf, this.#block.columns))
    else if (this.#output.isTerminal)
      for (const line of this.#text(comparison, drillDownOf, this.#output.columns)) this.#output.line(line)
    else this.#pipe(comparison)
    this.#output.flush()
    if (!this.#options.isJson && !this.#block) this.#warn(this.#warningsOf(comparison))
  }

  /** Of a reading that failed, while others may follow. */
  showError(text: string): void {
    if (this.#block) return this.#block.above(text.split('\n'))
    this.#errors.line(text)
    this.#errors.flush()
  }

  #text(comparison: FleetComparison, drillDownOf: (outlier: Outlier) => DrillDown, columns: number): string[] {
    // What is drawn in place is cut by characters, in which styles would count.
    const styles = stylesFor(this.#output.isTerminal && !this.#block)
    const limit = Math.min(this.#options.limit ?? terminalLimit, this.#room)
    const [headline = '', ...rest] = fleetText(comparison, { limit, columns, styles, drillDownOf })
    if (!this.#options.isWatch) return [headline, ...rest]
    // Beside what is drawn in place there is no other room.
    const warnings = this.#block ? comparison.reading.warnings.map(printable) : []
    return [`${timeOf(comparison)}  ${headline}`, ...warnings, ...rest]
  }

  /** Of outliers, which take two to four lines, and of rows: so that both are seen. */
  get #room(): number {
    return this.#block ? Math.max(1, Math.floor((this.#block.maxLines - 8) / 5)) : Infinity
  }

  #pipe(comparison: FleetComparison): void {
    const limit = this.#options.limit ?? Infinity
    const [header = '', ...rows] = fleetTable(comparison, { isTerminal: false, limit, columns: Infinity })
    const time = this.#options.isWatch ? `${timeOf(comparison)}\t` : ''
    if (!this.#hasHeader) this.#output.line(this.#options.isWatch ? `TIME\t${header}` : header)
    this.#hasHeader = true
    for (const row of rows) this.#output.line(`${time}${row}`)
  }

  /** That nobody could be compared stands on the terminal above the table. */
  #warningsOf(comparison: FleetComparison): readonly string[] {
    const few = this.#output.isTerminal ? undefined : tooFewSentence(comparison)
    return few === undefined ? comparison.reading.warnings : [...comparison.reading.warnings, few]
  }

  /** Each once for as long as it holds. */
  #warn(warnings: readonly string[]): void {
    for (const warning of warnings)
      if (!this.#toldWarnings.has(warning)) this.#errors.line(`wirelag: ${printable(warning)}`)
    this.#toldWarnings = new Set(warnings)
    this.#errors.flush()
  }
}

function timeOf({ reading }: FleetComparison): string {
  return clockTime(BigInt(reading.unixMs) * 1_000_000n)
}
