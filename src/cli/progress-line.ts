/** What took longer than that is worth a word. */
const patienceMs = 1000

/** A line on the terminal that says how far something slow has come, and goes when it is done. */
export class ProgressLine {
  readonly #startMs = performance.now()
  #isShown = false

  /** @param isDrawn whether something else is drawn there in place */
  show(text: string, isDrawn = false): void {
    if (!process.stderr.isTTY || isDrawn || performance.now() - this.#startMs < patienceMs) return
    this.#isShown = true
    process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`)
  }

  clear(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K')
    this.#isShown = false
  }
}
