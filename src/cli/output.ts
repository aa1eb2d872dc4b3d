/** Where a command's rows go: gathered while a batch lasts, written as one. */
export class Output {
  readonly #stream: NodeJS.WriteStream
  #lines: string[] = []

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY
  }

  /** Characters of a terminal's line; no limit elsewhere. */
  get columns(): number {
    return (this.isTerminal && this.#stream.columns) || Infinity
  }

  /** Adds a line, which is seen after the next flush(). */
  line(text: string): void {
    this.#lines.push(text)
  }

  flush(): void {
    if (this.#lines.length === 0) return
    this.#lines.push('')
    this.#stream.write(this.#lines.join('\n'))
    this.#lines = []
  }
}
