import { formatDuration } from '../../lib/duration.ts'
import type { Book } from '../../model/book.ts'
import { FindingChanges } from '../../track/finding-changes.ts'
import { bookChanges } from '../../track/book-changes.ts'
import type { AgentLog } from './agent-log.ts'
import type { AgentSecond, AgentSink, AgentStep } from './agent-sink.ts'

/** Tells the terminal what an operator would want to hear of: findings as they come and go, and what was lost. */
export class Narrator implements AgentSink {
  readonly name = 'terminal'
  readonly #log: AgentLog
  readonly #findings = new FindingChanges()
  #books: readonly Book[] = []

  constructor(log: AgentLog) {
    this.#log = log
  }

  onSecond({ books }: AgentSecond): void {
    for (const { signal, lost, attempted } of bookChanges(this.#books, books)) {
      if (lost > 0)
        this.#log('warning', `lost ${lost} of ${attempted} ${signal} events: the ring was full`, { signal, lost })
    }
    this.#books = books
  }

  onStep({ diagnosis, startUnixMs, spanMs }: AgentStep): void {
    const unixMs = startUnixMs + spanMs
    for (const { change, finding, sinceUnixMs } of this.#findings.update(diagnosis.findings, unixMs)) {
      const { cause, sentence, confidence, confirm, advice, evidence } = finding
      const fields = { cause, change, pid: finding.culprit?.pid }
      if (change === 'over')
        this.#log('finding', `over after ${formatDuration((unixMs - sinceUnixMs) * 1e6)}: ${sentence}`, fields)
      else this.#log('finding', sentence, { ...fields, confidence, evidence, confirm, advice })
    }
  }
}
