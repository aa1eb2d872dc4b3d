/** What a terminal of unknown size is taken for. */
const assumedColumns = 80
const assumedRows = 24

/**
 * Lines at the end of a terminal's output that are drawn anew in place, while other lines may go above them. Never wraps
 * and never scrolls by itself: lines are cut, and there are fewer of them than the screen has.
 */
export class LiveBlock {
  readonly #stream: NodeJS.WriteStream
  /** As they stand on the screen. */
  #drawn: readonly string[] = []

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Characters of a line. */
  get columns(): number {
    return this.#stream.columns || assumedColumns
  }

  /** Lines that a block may have; the cursor stands below them. */
  get maxLines(): number {
    return Math.max(1, (this.#stream.rows || assumedRows) - 1)
  }

  draw(lines: readonly string[]): void {
    const cut = lines.slice(0, this.maxLines).map((line) => line.slice(0, this.columns))
    this.#write(cut)
  }

  /** Lines that stay, above the block. */
  above(lines: readonly string[]): void {
    const erased = this.#erase()
    this.#drawn = this.#drawn.slice(0, this.maxLines)
    this.#stream.write(`${erased}${lines.map((line) => `${line}\n`).join('')}${shown(this.#drawn)}`)
  }

  /** Takes the block off the screen. */
  clear(): void {
    this.#write([])
  }

  /** In one write, so that nothing flickers. */
  #write(lines: readonly string[]): void {
    const text = this.#erase() + shown(lines)
    if (text) this.#stream.write(text)
    this.#drawn = lines
  }

  /** A terminal that was made narrower has wrapped what it shows. */
  #erase(): string {
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / this.columns)), 0)
    return rows === 0 ? '' : `\r\u001b[${Math.min(rows, this.maxLines)}A\u001b[J`
  }
}

/** Without automatic wrapping, as characters of two columns (CJK) are counted as one. */
function shown(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\u001b[?7l${lines.map((line) => `${line}\n`).join('')}\u001b[?7h`
}
