import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

/** Checked before anything else is done: some 20 ms. */
const maxCheckedAtOnceBytes = 2 ** 24

/** Whether a database of that size is checked at once, by `isIntact`. */
export function isSmall(sizeBytes: number): boolean {
  return sizeBytes <= maxCheckedAtOnceBytes
}

/** Whether tables and indexes are as they must be. */
export function isIntact(db: DatabaseSync): boolean {
  return db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'] === 'ok'
}

const program = `
  const { workerData, parentPort } = require('node:worker_threads')
  const { DatabaseSync } = require('node:sqlite')
  let isIntact = true
  try {
    const db = new DatabaseSync(workerData, { readOnly: true, timeout: 1000 })
    isIntact = db.prepare('PRAGMA integrity_check(1)').get().integrity_check === 'ok'
    db.close()
  } catch (error) {
    isIntact = ![11, 26].includes(error.errcode % 256)
  }
  parentPort.postMessage(isIntact)
`

/** The same of a large one, in a thread of its own, which may take a minute on a slow disk. */
export class LargeCheck {
  readonly #worker: Worker

  constructor(path: string, onDamage: () => void) {
    this.#worker = new Worker(program, { eval: true, workerData: path })
    this.#worker.unref()
    this.#worker.once('message', (isWhole: unknown) => {
      if (isWhole === false) onDamage()
    })
    // It is only a check.
    this.#worker.once('error', () => {})
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}
