/** One column of a table whose rows come one by one, so that widths are fixed beforehand. */
export interface Column<Row> {
  title: string
  /** Characters; a longer text moves the rest of its row. */
  width: number
  align: 'left' | 'right'
  text: (row: Row) => string
}

/** Rows for a terminal (padded) or for a program (tab-separated). */
export class RowFormat<Row> {
  readonly #columns: readonly Column<Row>[]
  readonly #isTerminal: boolean

  constructor(columns: readonly Column<Row>[], isTerminal: boolean) {
    this.#columns = columns
    this.#isTerminal = isTerminal
  }

  header(): string {
    return this.#join((column) => column.title)
  }

  row(row: Row): string {
    return this.#join((column) => column.text(row))
  }

  #join(text: (column: Column<Row>) => string): string {
    if (!this.#isTerminal) return this.#columns.map(text).join('\t')
    return this.#columns
      .map((column) =>
        column.align === 'left' ? text(column).padEnd(column.width) : text(column).padStart(column.width),
      )
      .join(' ')
      .trimEnd()
  }
}

/** Milliseconds with microseconds behind the point; `-` for an unknown duration. */
export function ms(ns: number | undefined): string {
  return ns === undefined ? '-' : (ns / 1e6).toFixed(3)
}

/** `HH:MM:SS` in local time. */
export function clockTime(unixNs: bigint): string {
  const date = dateOf(unixNs)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

/** `HH:MM:SS.mmm` in local time. */
export function clockTimeMs(unixNs: bigint): string {
  return `${clockTime(unixNs)}.${String(dateOf(unixNs).getMilliseconds()).padStart(3, '0')}`
}

function dateOf(unixNs: bigint): Date {
  return new Date(Number(unixNs / 1_000_000n))
}
