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
    take: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { endpoint, user, password } = this.#address
    const url = new URL(endpoint)
    for (const [name, value] of Object.entries(settings)) url.searchParams.set(name, String(value))
    if (sent.query !== undefined) url.searchParams.set('query', sent.query)
    const timeout = AbortSignal.timeout(timeoutMs)
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    try {
      const response = await fetch(url, {
        method: 'POST',
        body: sent.body,
        headers: { authorization, 'user-agent': 'wirelag', ...sent.headers },
        redirect: 'manual',
        signal: AbortSignal.any([timeout, this.#closing.signal]),
      })
      if (!response.ok) throw await this.#refusal(response)
      return await take(response)
    } catch (error) {
      if (error instanceof ClickhouseTrouble) throw error
      if (this.#closing.signal.aborted) throw new ClickhouseTrouble('wirelag ends', { cause: error })
      if (timeout.aborted) throw new ClickhouseTrouble(`no answer within ${timeoutMs / 1000} s`, { cause: error })
      throw new ClickhouseTrouble(this.#connectionText(error), { cause: error })
    }
  }

  async #refusal(response: Response): Promise<ClickhouseTrouble> {
    const location = response.headers.get('location')
    const text = this.#shown(await shortText(response))
    if (location !== null)
      return new ClickhouseTrouble(
        `HTTP ${response.status}, a redirect to ${this.#shown(location)}, which is not followed`,
      )
    const code = /^Code: (\d+)/.exec(text)?.[1]
    if (code === undefined) return new ClickhouseTrouble(`HTTP ${response.status}${text === '' ? '' : `: ${text}`}`)
    const said = text.replace(/^Code: \d+[.,]\s*(e\.displayText\(\) = )?(DB::Exception: )?/, '')
    return new ClickhouseTrouble(said.replace(/, e\.what\(\) = .*$/, ''), { code: Number(code) })
  }

  #connectionText(error: unknown): string {
    const cause = error instanceof Error ? error.cause : undefined
    const { code, message } = (cause ?? error) as { code?: string; message?: string }
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

async function shortText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of bytesOf(response)) {
    chunks.push(chunk)
    length += chunk.length
    // Leaving the loop ends the connection.
    if (length > maxShortBytes) break
  }
  return Buffer.concat(chunks).subarray(0, maxShortBytes).toString()
}

async function readRows(response: Response): Promise<string[][]> {
  const rows: string[][] = []
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of bytesOf(response)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) rows.push(line.split('\t').map(unescaped))
  }
  if (rest !== '') throw new ClickhouseTrouble('the answer was cut off')
  return rows
}

function bytesOf({ body }: Response): AsyncIterable<Uint8Array> {
  return (body ?? new Blob([]).stream()) as AsyncIterable<Uint8Array>
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '0': '\0' }

function unescaped(column: string): string {
  return column.includes('\\') ? column.replace(/\\([^])/g, (_, what: string) => escapes[what] ?? what) : column
}
