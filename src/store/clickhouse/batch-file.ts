import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { StoredRecord } from '../../model/record.ts'
import { dayNumber } from './day-number.ts'
import { tabSeparatedColumn } from './sql-text.ts'

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/** Of the text of a chunk, unless one record alone is longer. */
const maxChunkLength = 2 ** 20
/** ClickHouse takes 100 partitions in one INSERT. */
const maxChunkDays = 50
/** Bytes, rows, the first and the last day. */
const headBytes = 16

/** A part of a batch that is inserted at once. */
export interface BatchChunk {
  /** Place in the batch of its first row. */
  firstRow: number
  rows: number
  firstDay: number
  lastDay: number
  /** TabSeparated in the order of `batchColumns`, gzipped. */
  body: Uint8Array<ArrayBuffer>
}

export const batchColumns =
  'day, time_ms, span_ms, kind, host, service, container, pod, namespace, key, body, batch, row'

/**
 * The chunks of a batch, as they stand in its file one after the other: at most one of them is in memory.
 *
 * @param batch its id
 */
export async function* encodeBatch(batch: string, records: readonly StoredRecord[]): AsyncGenerator<Uint8Array> {
  let lines: string[] = []
  let length = 0
  let days = new Set<number>()
  for (const [row, record] of records.entries()) {
    const day = dayNumber(record.timeUnixMs)
    const line = lineOf(record, day, batch, row)
    const isFull = length + line.length > maxChunkLength || (days.size >= maxChunkDays && !days.has(day))
    if (isFull && lines.length > 0) {
      yield await encodeChunk(lines, days)
      lines = []
      length = 0
      days = new Set()
    }
    lines.push(line)
    length += line.length
    days.add(day)
  }
  if (lines.length > 0) yield await encodeChunk(lines, days)
}

/** A row of `batchColumns`. */
export function lineOf(record: StoredRecord, day: number, batch: string, row: number): string {
  const { timeUnixMs, spanMs, kind, host, service, container, pod, namespace, key, body } = record
  const texts = [kind, host, service, container, pod, namespace, key, JSON.stringify(body) ?? 'null']
  const numbers = [day, Math.round(timeUnixMs), Math.round(spanMs)]
  return `${numbers.join('\t')}\t${texts.map(tabSeparatedColumn).join('\t')}\t${batch}\t${row}\n`
}

/** Rows, as they are sent. */
export function packed(lines: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  return compress(lines.join(''), { level: 3 })
}

async function encodeChunk(lines: readonly string[], days: ReadonlySet<number>): Promise<Uint8Array> {
  const body = await packed(lines)
  const head = Buffer.alloc(headBytes)
  const parts = [body.length, lines.length, Math.min(...days), Math.max(...days)]
  for (const [i, part] of parts.entries()) head.writeUInt32LE(part, i * 4)
  return Buffer.concat([head, body])
}

/** What is read: bytes of a place of the file. */
type ReadAt = (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>

/**
 * The chunks of a batch's file.
 *
 * @throws RangeError, or what zlib throws, where a chunk is not as it was written
 */
export async function* decodeBatch(read: ReadAt, fileBytes: number): AsyncGenerator<BatchChunk> {
  let firstRow = 0
  for (let offset = 0; offset < fileBytes;) {
    if (offset + headBytes > fileBytes) throw new RangeError('the file is cut off')
    const head = Buffer.from(await read(offset, headBytes))
    const [length, rows, firstDay, lastDay] = [0, 4, 8, 12].map((at) => head.readUInt32LE(at)) as [
      number,
      number,
      number,
      number,
    ]
    offset += headBytes
    if (length === 0 || offset + length > fileBytes) throw new RangeError('the file is cut off')
    const body = await read(offset, length)
    await checkChunk(body, rows)
    yield { firstRow, rows, firstDay, lastDay, body }
    offset += length
    firstRow += rows
  }
}

/** gzip has a checksum. */
async function checkChunk(body: Uint8Array, rows: number): Promise<void> {
  const text = await decompress(body, { maxOutputLength: 2 ** 28 })
  let lines = 0
  for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) lines++
  if (lines !== rows) throw new RangeError(`a chunk has ${lines} rows instead of ${rows}`)
}
