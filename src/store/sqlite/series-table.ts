import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { RecentMap } from '../../lib/recent-map.ts'
import { seriesChecksum, type Series } from './record-row.ts'

const maxRemembered = 4096
/** Several steps: of what is not there any more, nobody needs to know. */
const rememberedMs = 60_000

const columns = 'host, service, container, pod, namespace, key, CAST(crc AS REAL) AS crc'

/** A series that was found as it was written. */
export interface KnownSeries {
  series: Series
  crc: number
}

function knownSeries(row: Record<string, unknown> | undefined): KnownSeries | undefined {
  if (!row) return undefined
  const { crc, ...texts } = row as unknown as Series & { crc: number }
  const { host, service, container, pod, namespace, key } = texts
  const series = { host, service, container, pod, namespace, key }
  return seriesChecksum(series) === crc ? { series, crc } : undefined
}

/** Finds series by their number. */
export class SeriesReader {
  readonly #one: StatementSync
  readonly #all: StatementSync
  readonly #known = new Map<number, KnownSeries | undefined>()

  constructor(db: DatabaseSync) {
    this.#one = db.prepare(`SELECT ${columns} FROM series WHERE id = ?`)
    this.#all = db.prepare(`SELECT CAST(id AS REAL) AS id, ${columns} FROM series NOT INDEXED`)
  }

  /** Undefined: it is not there, or not as it was written. */
  find(id: number): KnownSeries | undefined {
    if (!this.#known.has(id)) {
      if (this.#known.size >= maxRemembered) this.#known.clear()
      this.#known.set(id, knownSeries(this.#one.get(id)))
    }
    return this.#known.get(id)
  }

  *all(): Generator<KnownSeries & { id: number }> {
    for (const { id, ...row } of this.#all.iterate()) {
      const known = knownSeries(row)
      if (known) yield { id: Number(id), ...known }
    }
  }
}

/** Numbers series for the writer: a text that stands in thousands of records is kept once. */
export class SeriesWriter {
  readonly #byChecksum: StatementSync
  readonly #insert: StatementSync
  readonly #ids = new RecentMap<string, { id: number; crc: number }>({
    maxEntries: maxRemembered,
    keptMs: rememberedMs,
  })

  constructor(db: DatabaseSync) {
    this.#byChecksum = db.prepare(`SELECT CAST(id AS REAL) AS id, ${columns} FROM series WHERE crc = ?`)
    this.#insert = db.prepare(
      'INSERT INTO series (host, service, container, pod, namespace, key, crc) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
  }

  /** Those that this was told of, and may tell again. */
  get rememberedIds(): ReadonlySet<number> {
    return new Set([...this.#ids.values()].map(({ id }) => id))
  }

  /** Of a transaction that did not come to its end, nothing is there. */
  forget(): void {
    this.#ids.clear()
  }

  /** To be called in a transaction. */
  numberOf(series: Series): { id: number; crc: number } {
    const { host, service, container, pod, namespace, key } = series
    const texts = [host, service, container, pod, namespace, key]
    const text = JSON.stringify(texts)
    const remembered = this.#ids.get(text)
    if (remembered) return remembered
    const crc = seriesChecksum(series)
    const numbered = { id: this.#found(text, crc) ?? Number(this.#insert.run(...texts, crc).lastInsertRowid), crc }
    this.#ids.set(text, numbered)
    return numbered
  }

  #found(text: string, crc: number): number | undefined {
    for (const { id, ...row } of this.#byChecksum.all(crc)) {
      const known = knownSeries(row)
      if (known && JSON.stringify(Object.values(known.series)) === text) return Number(id)
    }
    return undefined
  }
}
