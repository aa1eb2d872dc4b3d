import { shownUrl } from '../lib/http-url.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { printable } from '../lib/printable.ts'

export interface PrometheusSettings {
  /** May have a path before `/api`, and a user name with a password. */
  url: URL
  headers?: Readonly<Record<string, string>>
  /** Of one question. */
  timeoutMs?: number
  /** Of one answer. */
  maxBytes?: number
}

/** A number of an instant vector, with its labels. */
export interface PrometheusSample {
  labels: Readonly<Record<string, string>>
  value: number
}

export interface PrometheusAnswer<T> {
  data: T
  /** Why there may be less than there should be: a part of the store that did not answer. */
  warnings: readonly string[]
}

const defaults = { timeoutMs: 15_000, maxBytes: 64 << 20 }
const shownCharacters = 300

/** Asks a store that speaks Prometheus' HTTP API: Prometheus, VictoriaMetrics, Thanos, Mimir … */
export class PrometheusClient {
  /** Fit to be shown: without user name, password and query. */
  readonly shownUrl: string
  readonly #base: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #timeoutMs: number
  readonly #maxBytes: number
  readonly #closed = new AbortController()

  constructor({ url, headers = {}, timeoutMs = defaults.timeoutMs, maxBytes = defaults.maxBytes }: PrometheusSettings) {
    this.#base = new URL(url)
    if (!this.#base.pathname.endsWith('/')) this.#base.pathname += '/'
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    // fetch refuses them in the URL.
    const basic = credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
    this.#base.username = this.#base.password = this.#base.hash = ''
    const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    this.#headers = { accept: 'application/json', 'user-agent': 'wirelag', ...basic, ...Object.fromEntries(given) }
    this.#timeoutMs = timeoutMs
    this.#maxBytes = maxBytes
    this.shownUrl = shownUrl(url)
  }

  /**
   * What an expression gives now, by the store's own clock. What is not a number is left out.
   *
   * @throws OperatorError
   */
  async vector(query: string): Promise<PrometheusAnswer<PrometheusSample[]>> {
    const { data, warnings } = await this.#ask('query', { query, timeout: `${Math.ceil(this.#timeoutMs / 1000)}s` })
    const { resultType, result } = (data ?? {}) as { resultType?: unknown; result?: unknown }
    if (resultType === 'scalar') return { data: scalarSample(result), warnings }
    if (resultType !== 'vector' || !Array.isArray(result))
      throw this.#error(`answers '${cut(query)}' with a ${cut(String(resultType))}, where an instant vector is wanted`)
    return { data: result.flatMap(sampleOf), warnings }
  }

  /** The values that a label has, of series that `match` fits. @throws OperatorError */
  async labelValues(label: string, match: string): Promise<PrometheusAnswer<string[]>> {
    const { data, warnings } = await this.#ask(`label/${encodeURIComponent(label)}/values`, { 'match[]': match })
    const values = Array.isArray(data) ? data.filter((value) => typeof value === 'string') : []
    return { data: values, warnings }
  }

  /** Ends questions that are under way. */
  close(): void {
    this.#closed.abort()
  }

  async #ask(path: string, parameters: Record<string, string>): Promise<PrometheusAnswer<unknown>> {
    const url = new URL(`api/v1/${path}`, this.#base)
    for (const [name, value] of this.#base.searchParams) url.searchParams.append(name, value)
    for (const [name, value] of Object.entries(parameters)) url.searchParams.append(name, value)
    const { status, type, text } = await this.#fetch(url)
    const body = parsedJson(text)
    if (body?.status === 'success') return { data: body.data, warnings: warningsOf(body) }
    if (status === 401 || status === 403)
      throw this.#error(`does not let us in (HTTP ${status})`, 'Give what it wants as a header; see docs/fleet.md.')
    if (body?.status === 'error')
      throw this.#error(`refuses: ${cut(textOr(body.error, textOr(body.errorType, 'it does not say why')))}`)
    if (status === 404) throw this.#error(`has no /api/v1/${path.split('/')[0]} (HTTP 404)`, pathAdvice)
    const what =
      /\bhtml\b/i.test(type) || /^\s*</.test(text) ? 'HTML' : cut(text.slice(0, shownCharacters)) || 'nothing'
    throw this.#error(`answers with ${what} (HTTP ${status}), not as Prometheus does`, pathAdvice)
  }

  async #fetch(url: URL): Promise<{ status: number; type: string; text: string }> {
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(this.#timeoutMs)])
    try {
      const response = await fetch(url, { headers: this.#headers, redirect: 'manual', signal })
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel()
        // A header with a password is not sent to wherever it says.
        throw this.#error(`redirects to ${cut(shownLocation(response.headers.get('location'), url))}`, redirectAdvice)
      }
      const text = await this.#textOf(response)
      return { status: response.status, type: response.headers.get('content-type') ?? '', text }
    } catch (error) {
      if (error instanceof OperatorError) throw error
      throw this.#error(this.#reasonOf(error), '', error)
    }
  }

  async #textOf(response: Response): Promise<string> {
    const decoder = new TextDecoder()
    let text = ''
    let bytes = 0
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length
      if (bytes > this.#maxBytes)
        throw this.#error(
          `answers with more than ${this.#maxBytes >> 20} MiB`,
          'Ask for fewer hosts, or a shorter time.',
        )
      text += decoder.decode(chunk, { stream: true })
    }
    return text + decoder.decode()
  }

  #reasonOf(error: unknown): string {
    if (error instanceof Error && error.name === 'TimeoutError')
      return `does not answer within ${this.#timeoutMs / 1000} s`
    // fetch says only "fetch failed"; why stands in the cause.
    const cause = error instanceof Error ? error.cause : undefined
    const code = (cause as NodeJS.ErrnoException | undefined)?.code
    return `does not answer: ${code ?? (cause instanceof Error ? cause.message : String(error))}`
  }

  #error(text: string, advice = '', cause?: unknown): OperatorError {
    return new OperatorError('WIRELAG_PROMETHEUS', `${this.shownUrl} ${text}`, { advice, cause })
  }
}

const pathAdvice = 'Is it the address of a Prometheus, with the path that it is served under?'
const redirectAdvice = 'Give the address that it is really served at.'

function cut(text: string): string {
  const plain = printable(text)
  return plain.length > shownCharacters ? `${plain.slice(0, shownCharacters)}…` : plain
}

function shownLocation(location: string | null, from: URL): string {
  if (location === null || !URL.canParse(location, from.href)) return location ?? 'nowhere'
  return shownUrl(new URL(location, from))
}

interface Body {
  status?: unknown
  data?: unknown
  error?: unknown
  errorType?: unknown
  warnings?: unknown
  /** Of VictoriaMetrics. */
  isPartial?: unknown
}

function parsedJson(text: string): Body | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? body : undefined
  } catch {
    return undefined
  }
}

function warningsOf({ warnings, isPartial }: Body): string[] {
  const told = Array.isArray(warnings) ? warnings.map((warning) => cut(String(warning))) : []
  return isPartial === true ? [...told, 'the answer is partial: a part of the store did not answer'] : told
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}

function sampleOf(entry: unknown): PrometheusSample[] {
  const { metric, value } = entry as { metric?: Record<string, string>; value?: [number, string] }
  const number = Number(value?.[1])
  return metric && value && Number.isFinite(number) ? [{ labels: metric, value: number }] : []
}

function scalarSample(result: unknown): PrometheusSample[] {
  const value = Number((result as [number, string] | undefined)?.[1])
  return Number.isFinite(value) ? [{ labels: {}, value }] : []
}
