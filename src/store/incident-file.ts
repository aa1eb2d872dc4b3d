import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { createGunzip, gzipSync } from 'node:zlib'
import { OperatorError } from '../lib/operator-error.ts'
import { recordKinds, type StoredRecord } from '../model/record.ts'

/** The first line of an incident file. */
export interface IncidentHeader {
  kind: 'wirelag-incident'
  /** Of the format: a higher one cannot be read. */
  format: number
  /** Of the wirelag that wrote it. */
  wirelag: string
  hosts: readonly string[]
  /** `uname -r` of the host that wrote it. */
  kernel: string
  fromUnixMs: number
  toUnixMs: number
  isRedacted: boolean
}

export interface IncidentFile {
  header: IncidentHeader
  records: readonly StoredRecord[]
  /** Lines that could not be read. */
  setAside: number
  /** The file ends before it should. */
  isTorn: boolean
}

export const incidentFormat = 1
/** Unpacked: a file of a few kilobytes may be made to unpack to anything. */
const maxBytes = 512 * 2 ** 20

/** Writes header and records as gzipped NDJSON, readable for its owner alone. @throws OperatorError */
export async function writeIncidentFile(
  file: string,
  header: IncidentHeader,
  records: readonly StoredRecord[],
): Promise<void> {
  const lines = [header, ...records].map((line) => `${JSON.stringify(line)}\n`)
  try {
    await writeFile(file, gzipSync(lines.join('')), { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    const reason = isThere ? 'it is there already' : (cause as Error).message
    throw new OperatorError('WIRELAG_INCIDENT_FILE', `cannot write ${file}: ${reason}`, { cause })
  }
}

/**
 * Reads an incident file; what cannot be read of it is left out and counted.
 *
 * @throws OperatorError where it is none at all
 */
export async function readIncidentFile(file: string): Promise<IncidentFile> {
  const input = createReadStream(file)
  const unpacked = input.pipe(createGunzip())
  input.on('error', (error) => unpacked.destroy(error))
  let bytes = 0
  unpacked.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxBytes) unpacked.destroy(new Error(`it unpacks to more than ${maxBytes / 2 ** 20} MiB`))
  })
  let header: IncidentHeader | undefined
  const records: StoredRecord[] = []
  let setAside = 0
  const take = (line: string): void => {
    const value = parsed(line)
    if (!header) header = checkedHeader(file, value)
    else if (isRecord(value)) records.push(value)
    else setAside++
  }
  const trouble = await eachLine(unpacked, take)
  if (!header || (trouble && !isEarlyEnd(trouble)))
    throw new OperatorError('WIRELAG_INCIDENT_FILE', `cannot read ${file}: ${trouble?.message ?? 'it is empty'}`, {
      advice: "Files of 'wirelag record' are wanted.",
      cause: trouble,
    })
  return { header, records, setAside, isTorn: trouble !== undefined }
}

/** @returns what ended it before its time */
async function eachLine(
  stream: NodeJS.ReadableStream & { destroy(error?: Error): void },
  take: (line: string) => void,
): Promise<Error | undefined> {
  let trouble: Error | undefined
  stream.on('error', (error: Error) => (trouble ??= error))
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) take(line)
  } catch (error) {
    if (error instanceof OperatorError) throw error
    trouble ??= error as Error
  } finally {
    stream.destroy()
  }
  return trouble
}

function isEarlyEnd(error: NodeJS.ErrnoException): boolean {
  return error.code === 'Z_BUF_ERROR'
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function checkedHeader(file: string, value: unknown): IncidentHeader {
  if (!isHeader(value))
    throw new OperatorError('WIRELAG_INCIDENT_FILE', `${file} is no incident file`, {
      advice: "Files of 'wirelag record' are wanted.",
    })
  const { format, wirelag, hosts, kernel, fromUnixMs, toUnixMs, isRedacted } = value
  if (format > incidentFormat)
    throw new OperatorError('WIRELAG_INCIDENT_FILE', `${file} is of a newer wirelag (${wirelag})`, {
      advice: 'Replay it with that, or a later one.',
    })
  return { kind: 'wirelag-incident', format, wirelag, hosts, kernel, fromUnixMs, toUnixMs, isRedacted }
}

/** Whether all of a header is there. */
function isHeader(value: unknown): value is IncidentHeader {
  const header = value as Partial<IncidentHeader> | null | undefined
  return (
    typeof header === 'object' &&
    header?.kind === 'wirelag-incident' &&
    isFiniteNumber(header.format) &&
    Number.isSafeInteger(header.fromUnixMs) &&
    Number.isSafeInteger(header.toUnixMs) &&
    typeof header.wirelag === 'string' &&
    typeof header.kernel === 'string' &&
    typeof header.isRedacted === 'boolean' &&
    Array.isArray(header.hosts) &&
    header.hosts.every((host: unknown) => typeof host === 'string')
  )
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

const kinds: ReadonlySet<unknown> = new Set(recordKinds)

function isRecord(value: unknown): value is StoredRecord {
  const record = value as Partial<StoredRecord> | null | undefined
  return (
    typeof record === 'object' &&
    record !== null &&
    kinds.has(record.kind) &&
    isFiniteNumber(record.timeUnixMs) &&
    isFiniteNumber(record.spanMs) &&
    record.spanMs >= 0 &&
    [record.host, record.key, record.service, record.container, record.pod, record.namespace].every(
      (text) => typeof text === 'string',
    ) &&
    typeof record.body === 'object' &&
    record.body !== null
  )
}
