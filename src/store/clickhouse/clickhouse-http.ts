import { request as requestHttp, type IncomingMessage, type RequestOptions as HttpOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { printable } from '../../lib/printable.ts'
import { ClickhouseTrouble } from './clickhouse-trouble.ts'
import type { ClickhouseAddress } from './clickhouse-url.ts'

/** Of what is no answer to a question. */
const maxShortBytes = 8192
const maxShownLength = 300

interface RequestOptions {
  /** Of the whole, to the last byte of the answer. */
  timeoutMs: number
  /** ClickHouse's, by their names. */
  settings?: Readonly<Record<string, number>>
}

/**
 * ClickHouse's HTTP interface. Redirects are not followed: the password would go to who knows whom. What is not an answer
 * is read only as far as it is shown.
 */
export class ClickhouseHttp {
  readonly #address: ClickhouseAddress
  readonly #closing = new AbortController()

  constructor(address: ClickhouseAddress) {
    this.#address = address
  }

  /** Carries out a statement that answers nothing. @throws ClickhouseTrouble */
  async command(sql: string, options: RequestOptions): Promise<void> {
    const settings = { ...options.settings, wait_end_of_query: 1 }
    await this.#exchange({ body: sql }, { ...options, settings }, async (response) => void (await shortText(response)))
  }

  /** Rows as their columns. @throws ClickhouseTrouble */
  async rows(sql: string, options: RequestOptions): Promise<string[][]> {
    const settings = { ...options.settings, wait_end_of_query: 1 }
    return this.#exchange({ body: `${sql} FORMAT TabSeparated` }, { ...options, settings }, readRows)
  }

  /** @param body TabSeparated, gzipped. @throws ClickhouseTrouble */
  async insert(sql: string, body: Uint8Array<ArrayBuffer>, options: RequestOptions): Promise<void> {
    const sent = { query: `${sql} FORMAT TabSeparated`, body, headers: { 'content-encoding': 'gzip' } }
    await this.#exchange(sent, options, async (response) => {
      // A ClickHouse that took it says nothing; whoever else answers 200 has something to say.
      if ((await shortText(response)) !== '') throw new ClickhouseTrouble('what answers there is no ClickHouse')
    })
  }

  async #exchange<T>(
    sent: { query?: string; body: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> },
    { timeoutMs, settings = {} }: RequestOptions,
    take: (response: IncomingMessage) => Promise<T>,
  ): Promise<T> {
    const { endpoint, user, password } = this.#address
    const url = new URL(endpoint)
    for (const [name, value] of Object.entries(settings)) url.searchParams.set(name, String(value))
    if (sent.query !== undefined) url.searchParams.set('query', sent.query)
    const timeout = AbortSignal.timeout(timeoutMs)
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    try {
      const headers = { authorization, 'user-agent': 'wirelag', ...sent.headers }
      const signal = AbortSignal.any([timeout, this.#closing.signal])
      const response = await answerTo(url, { method: 'POST', headers, signal }, sent.body)
      const { statusCode = 0 } = response
      if (statusCode < 200 || statusCode > 299) throw await this.#refusal(response)
      return await take(response)
    } catch (error) {
      if (error instanceof ClickhouseTrouble) throw error
      if (this.#closing.signal.aborted) throw new ClickhouseTrouble('wirelag ends', { cause: error })
      if (timeout.aborted) throw new ClickhouseTrouble(`no answer within ${timeoutMs / 1000} s`, { cause: error })
      throw new ClickhouseTrouble(this.#connectionText(error), { cause: error })
    }
  }

  async #refusal(response: IncomingMessage): Promise<ClickhouseTrouble> {
    const { statusCode = 0, headers } = response
    const { location } = headers
    const text = this.#shown(await shortText(response))
    if (location !== undefined)
      return new ClickhouseTrouble(`HTTP ${statusCode}, a redirect to ${this.#shown(location)}, which is not followed`)
    const code = /^Code: (\d+)/.exec(text)?.[1]
    if (code === undefined) return new ClickhouseTrouble(`HTTP ${statusCode}${text === '' ? '' : `: ${text}`}`)
    const said = text.replace(/^Code: \d+[.,]\s*(e\.displayText\(\) = )?(DB::Exception: )?/, '')
    return new ClickhouseTrouble(said.replace(/, e\.what\(\) = .*$/, ''), { code: Number(code) })
  }

  #connectionText(error: unknown): string {
    const { code, message } = error as { code?: string; message?: string }
    return code ?? this.#shown(message ?? String(error))
  }

  /** What others say, without the password and fit for a terminal. */
  #shown(text: string): string {
    const { password } = this.#address
    let safe = text.trim()
    for (const secret of [password, encodeURIComponent(password)])
      if (secret !== '') safe = safe.replaceAll(secret, '…')
    return printable(safe.length > maxShownLength ? `${safe.slice(0, maxShownLength)}…` : safe)
  }

  /** Ends what is under way. */
  close(): void {
    this.#closing.abort()
  }
}

async function shortText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    // Leaving the loop ends the connection.
    if (length > maxShortBytes) break
  }
  return Buffer.concat(chunks).subarray(0, maxShortBytes).toString()
}

async function readRows(response: IncomingMessage): Promise<string[][]> {
  const rows: string[][] = []
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) rows.push(line.split('\t').map(unescaped))
  }
  if (rest !== '') throw new ClickhouseTrouble('the answer was cut off')
  return rows
}

/** Each request has a connection of its own: the next one asks for the address again. */
function answerTo(url: URL, options: HttpOptions, body: string | Uint8Array): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  const request = send(url, { ...options, agent: false }, resolve)
  // Stays: what goes wrong after the answer began is told by the answer, but must find a listener.
  request.on('error', reject)
  request.end(body)
  return promise
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '0': '\0' }

function unescaped(column: string): string {
  return column.includes('\\') ? column.replace(/\\([^])/g, (_, what: string) => escapes[what] ?? what) : column
}
