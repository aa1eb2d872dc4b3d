import { setTimeout as sleep } from 'node:timers/promises'

/** What became of the messages to a webhook. */
export interface WebhookTally {
  delivered: number
  /** Refused, or not answered in time, twice. */
  failed: number
  /** Never tried: too many waited, or the end came first. */
  dropped: number
  /** Why the last one failed. */
  lastError: string | undefined
}

export interface WebhookOptions {
  /** Of one attempt. */
  timeoutMs?: number
  /** Between an attempt that failed and the second. */
  retryMs?: number
  maxWaiting?: number
}

/**
 * The address of a webhook.
 *
 * @throws SyntaxError for what is no http or https URL, and for one with a user name or password, which fetch refuses
 */
export function parseWebhookUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new SyntaxError(`'${text}' is not a URL that begins with http:// or https://`)
  if (url.username || url.password) throw new SyntaxError('a user name or password in the URL is not supported')
  return url
}

/** Delivers JSON to a URL, one message after the other, in the background: nobody waits for it and nothing throws. */
export class Webhook {
  readonly #url: URL
  readonly #options: Required<WebhookOptions>
  readonly #waiting: string[] = []
  readonly #tally: WebhookTally = { delivered: 0, failed: 0, dropped: 0, lastError: undefined }
  readonly #aborted = new AbortController()
  #delivery: Promise<void> | undefined

  constructor(url: URL, options: WebhookOptions = {}) {
    this.#url = url
    this.#options = { timeoutMs: 5000, retryMs: 500, maxWaiting: 64, ...options }
  }

  /** Queues a message. Where too many wait, the oldest is dropped: the newest says how things are. */
  post(message: unknown): void {
    if (this.#aborted.signal.aborted) {
      this.#tally.dropped++
      return
    }
    this.#waiting.push(JSON.stringify(message))
    if (this.#waiting.length > this.#options.maxWaiting) {
      this.#waiting.shift()
      this.#tally.dropped++
    }
    this.#delivery ??= this.#deliver()
  }

  async #deliver(): Promise<void> {
    for (let body = this.#waiting.shift(); body !== undefined; body = this.#waiting.shift()) {
      const isTaken = (await this.#attempt(body)) || (await this.#attemptAgain(body))
      if (isTaken) this.#tally.delivered++
      else if (this.#aborted.signal.aborted) this.#tally.dropped++
      else this.#tally.failed++
    }
    this.#delivery = undefined
  }

  async #attemptAgain(body: string): Promise<boolean> {
    await sleep(this.#options.retryMs, undefined, { signal: this.#aborted.signal }).catch(() => {})
    return !this.#aborted.signal.aborted && this.#attempt(body)
  }

  async #attempt(body: string): Promise<boolean> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'wirelag' },
        body,
        // A POST that is redirected may become a GET.
        redirect: 'manual',
        signal: AbortSignal.any([this.#aborted.signal, AbortSignal.timeout(this.#options.timeoutMs)]),
      })
      await response.body?.cancel()
      if (!response.ok) this.#tally.lastError = `HTTP ${response.status}`
      return response.ok
    } catch (error) {
      if (!this.#aborted.signal.aborted) this.#tally.lastError = this.#reasonOf(error)
      return false
    }
  }

  #reasonOf(error: unknown): string {
    if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${this.#options.timeoutMs} ms`
    // fetch says only "fetch failed"; why stands in the cause.
    const cause = error instanceof Error ? error.cause : undefined
    const code = (cause as NodeJS.ErrnoException | undefined)?.code
    return code ?? (cause instanceof Error ? cause.message : String(error))
  }

  /** Waits for what is under way, up to `graceMs`, and drops the rest. */
  async close(graceMs: number): Promise<WebhookTally> {
    const graceEnded = new AbortController()
    await Promise.race([this.#delivery, sleep(graceMs, undefined, { signal: graceEnded.signal }).catch(() => {})])
    graceEnded.abort()
    this.#tally.dropped += this.#waiting.splice(0).length
    this.#aborted.abort()
    await this.#delivery
    return { ...this.#tally }
  }
}
