import { setTimeout as sleep } from 'node:timers/promises'

/** What became of the messages to a webhook. */
export interface WebhookTally {
  delivered: number
  /** Refused, or tried in vain as often as it may be. */
  failed: number
  /** Never tried: too many waited, or the end came first. */
  dropped: number
  /** Why the last attempt that failed did so. */
  lastError: string | undefined
}

export interface WebhookOptions {
  headers?: Readonly<Record<string, string>>
  /** Of one attempt. */
  timeoutMs?: number
  /** Of one message. */
  attempts?: number
  /** Between the first attempt and the second; it doubles with each. */
  retryMs?: number
  maxRetryMs?: number
  maxWaiting?: number
  /** Of all that wait together. */
  maxWaitingChars?: number
}

/** A message whose content is that of the moment in which it is sent. */
export interface LiveMessage {
  /** Of one key only the first waits. */
  key: string
  content: () => unknown
  /** The receiver has taken what `content` told last. */
  onTaken: () => void
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

interface Waiting {
  key: string | undefined
  /** Undefined: there is nothing to tell any more. */
  body: () => string | undefined
  chars: number
  onTaken: (() => void) | undefined
}

type Outcome = 'taken' | 'refused' | 'failed'

/** The receiver says that this message is wrong: the same again would be no better. */
const refusals = new Set([400, 413, 422])

/** Delivers JSON to a URL, one message after the other, in the background: nobody waits for it and nothing throws. */
export class Webhook {
  readonly #url: URL
  readonly #options: Required<WebhookOptions>
  readonly #waiting: Waiting[] = []
  readonly #tally: WebhookTally = { delivered: 0, failed: 0, dropped: 0, lastError: undefined }
  readonly #aborted = new AbortController()
  #waitingChars = 0
  #isInTrouble = false
  #delivery: Promise<void> | undefined

  constructor(url: URL, options: WebhookOptions = {}) {
    this.#url = url
    this.#options = {
      headers: {},
      timeoutMs: 5000,
      attempts: 2,
      retryMs: 500,
      maxRetryMs: 30_000,
      maxWaiting: 64,
      maxWaitingChars: 2 ** 21,
      ...options,
    }
  }

  /** Why the last attempt failed; undefined: it did not. */
  get trouble(): string | undefined {
    return this.#isInTrouble ? this.#tally.lastError : undefined
  }

  tally(): WebhookTally {
    return { ...this.#tally }
  }

  /** Queues a message. Where too many wait, the oldest is dropped: the newest says how things are. */
  post(message: unknown): void {
    const body = JSON.stringify(message)
    this.#queue({ key: undefined, body: () => body, chars: body.length, onTaken: undefined })
  }

  /** Queues a message that tells how things are when it is sent, unless one of its key waits already. */
  postLive({ key, content, onTaken }: LiveMessage): void {
    if (this.#waiting.some((waiting) => waiting.key === key)) return
    const body = (): string | undefined => {
      const message = content()
      return message === undefined ? undefined : JSON.stringify(message)
    }
    this.#queue({ key, body, chars: 0, onTaken })
  }

  #queue(message: Waiting): void {
    if (this.#aborted.signal.aborted) {
      this.#tally.dropped++
      return
    }
    this.#waiting.push(message)
    this.#waitingChars += message.chars
    const { maxWaiting, maxWaitingChars } = this.#options
    while (this.#waiting.length > maxWaiting || (this.#waiting.length > 1 && this.#waitingChars > maxWaitingChars)) {
      this.#next()
      this.#tally.dropped++
    }
    this.#delivery ??= this.#deliver()
  }

  #next(): Waiting | undefined {
    const message = this.#waiting.shift()
    this.#waitingChars -= message?.chars ?? 0
    return message
  }

  async #deliver(): Promise<void> {
    for (let message = this.#next(); message; message = this.#next()) {
      const outcome = await this.#tryAll(message)
      if (outcome === 'taken') this.#tally.delivered++
      else if (this.#aborted.signal.aborted) this.#tally.dropped++
      else this.#tally.failed++
    }
    this.#delivery = undefined
  }

  async #tryAll(message: Waiting): Promise<Outcome> {
    const { attempts, retryMs, maxRetryMs } = this.#options
    let waitMs = retryMs
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(message)
      if (outcome !== 'failed' || attempt >= attempts || this.#aborted.signal.aborted) return outcome
      await sleep(waitMs, undefined, { signal: this.#aborted.signal }).catch(() => {})
      if (this.#aborted.signal.aborted) return 'failed'
      waitMs = Math.min(waitMs * 2, maxRetryMs)
    }
  }

  async #attempt({ body, onTaken }: Waiting): Promise<Outcome> {
    const text = body()
    if (text === undefined) return 'taken'
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'user-agent': 'wirelag', ...this.#options.headers, 'content-type': 'application/json' },
        body: text,
        // A POST that is redirected may become a GET.
        redirect: 'manual',
        signal: AbortSignal.any([this.#aborted.signal, AbortSignal.timeout(this.#options.timeoutMs)]),
      })
      await response.body?.cancel()
      this.#isInTrouble = !response.ok
      if (response.ok) onTaken?.()
      else this.#tally.lastError = `HTTP ${response.status}`
      return response.ok ? 'taken' : refusals.has(response.status) ? 'refused' : 'failed'
    } catch (error) {
      if (this.#aborted.signal.aborted) return 'failed'
      this.#isInTrouble = true
      this.#tally.lastError = this.#reasonOf(error)
      return 'failed'
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
