import { isIP } from 'node:net'
import type { StoredRecord } from '../model/record.ts'
import type { FindingBody } from './record-bodies.ts'

/** Members whose text wirelag or the kernel chose from a list of their own. */
const harmless: ReadonlySet<string> = new Set([
  'kind',
  'state',
  'what',
  'detail',
  'events',
  'error',
  'reason',
  'role',
  'protocol',
  'span',
  'trigger',
  'cause',
  'signal',
  'title',
  'source',
  'syncookies',
  'runtime',
  'id',
  '$bigint',
  '$number',
])

/** Addresses that tell nothing of anybody. */
const knownAddresses: ReadonlySet<string> = new Set(['', '0.0.0.0', '::', '127.0.0.1', '::1'])

/** What a member's text is a name of; others are names of their own. */
const prefixes: Readonly<Record<string, string>> = {
  host: 'host',
  hosts: 'host',
  service: 'service',
  unit: 'service',
  comm: 'service',
  process: 'service',
  series: 'service',
  container: 'container',
  pod: 'pod',
  image: 'image',
  cgroup: 'cgroup',
  path: 'path',
  mountPoint: 'path',
  key: 'key',
}

/**
 * Replaces addresses and names by others, the same by the same throughout, so that nothing of the original is left: every text
 * but those that come from a list of wirelag's or the kernel's. What is replaced by what follows from the order alone.
 */
export class Redaction {
  readonly #originals = new Set<string>()
  readonly #pseudonyms = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  /** @param records all that will be redacted: no pseudonym is a name that is among them */
  constructor(records: readonly StoredRecord[]) {
    const collect = (text: string): string => {
      this.#originals.add(text)
      return text
    }
    for (const record of records) walk(record, '', collect)
  }

  record(record: StoredRecord): StoredRecord {
    const { kind, key, body } = record
    const text = (original: string, member: string): string => this.#replaced(original, member)
    const redacted = walk({ ...record, kind: 'span', body: null }, '', text) as StoredRecord
    const walked = walk(kind === 'finding' ? withoutTexts(body) : body, '', text)
    return {
      ...redacted,
      kind,
      key: kind === 'incident' ? key : redacted.key,
      body: kind === 'finding' ? withPlainSentence(walked) : walked,
    }
  }

  /** A name that stands outside of the records. */
  name(original: string, member: string): string {
    return this.#replaced(original, member)
  }

  #replaced(original: string, member: string): string {
    if (original === '' || isHarmlessIn(member, original)) return original
    const known = this.#pseudonyms.get(original)
    if (known !== undefined) return known
    const version = isIP(original)
    if (version !== 0 && knownAddresses.has(original)) return original
    const made = this.#made(version === 0 ? (prefixes[member] ?? 'name') : `ipv${version}`, version)
    this.#pseudonyms.set(original, made)
    return made
  }

  #made(prefix: string, version: number): string {
    for (;;) {
      const count = (this.#counts.get(prefix) ?? 0) + 1
      this.#counts.set(prefix, count)
      const made = version === 0 ? `${prefix}-${count}` : addressOf(version, count)
      if (!this.#originals.has(made)) return made
    }
  }
}

function isHarmlessIn(member: string, text: string): boolean {
  // Of incidents: digits of a time. Those of containers are 64 hex digits.
  if (member === 'id') return /^[0-9a-z]{1,20}$/.test(text)
  if (member === 'runtime') return /^[a-z-]{1,12}$/.test(text)
  return harmless.has(member)
}

/** Of networks for benchmarks and documents. */
function addressOf(version: number, count: number): string {
  if (version === 6) return `2001:db8::${count.toString(16)}`
  if (count < 2 ** 17) return `198.${18 + (count >> 16)}.${(count >> 8) & 255}.${count & 255}`
  return `10.${(count >> 16) & 255}.${(count >> 8) & 255}.${count & 255}`
}

/** Without its texts, which are written with names: a replay makes them anew from what was seen. */
function withoutTexts(body: unknown): unknown {
  return { ...(body as object), sentence: '', evidence: [], confirm: '', advice: '' }
}

function withPlainSentence(body: unknown): unknown {
  const { cause, culprit } = body as FindingBody
  return { ...(body as object), sentence: `${cause}${culprit ? ` of ${culprit.comm} (pid ${culprit.pid})` : ''}.` }
}

/** The same with each text replaced; of a text in a list the list's member counts. */
function walk(value: unknown, member: string, replaced: (text: string, member: string) => string): unknown {
  if (typeof value === 'string') return replaced(value, member)
  if (Array.isArray(value)) return value.map((item) => walk(item, member, replaced))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item, name, replaced)]))
}
