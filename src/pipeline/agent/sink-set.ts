import type { AgentLog } from './agent-log.ts'
import type { AgentSecond, AgentSink, AgentStep } from './agent-sink.ts'

/** How long all sinks together may take to end. */
const closeMs = 5000

/** Those that are told what the agent sees: one that fails stops no other. */
export class SinkSet {
  #sinks: readonly AgentSink[]
  readonly #log: AgentLog
  /** What each has said of itself last. */
  readonly #notices = new Map<string, string>()

  constructor(sinks: readonly AgentSink[], log: AgentLog) {
    this.#sinks = sinks
    this.#log = log
  }

  onSecond(second: AgentSecond): void {
    this.#each((sink) => sink.onSecond?.(second))
  }

  onStep(step: AgentStep): void {
    this.#each((sink) => sink.onStep?.(step))
  }

  #each(tell: (sink: AgentSink) => void): void {
    for (const sink of this.#sinks) {
      try {
        tell(sink)
      } catch (error) {
        this.#say(sink.name, `${sink.name}: ${(error as Error).message}`)
      }
    }
  }

  /** What sinks say of themselves is told when it changes. */
  tellNotices(): void {
    for (const sink of this.#sinks) {
      const notice = sink.notice?.()
      if (notice !== undefined) this.#say(sink.name, notice)
      else if (this.#notices.delete(sink.name)) this.#log('info', `${sink.name}: well again`)
    }
  }

  #say(name: string, text: string): void {
    if (this.#notices.get(name) === text) return
    this.#notices.set(name, text)
    this.#log('warning', text, { sink: name })
  }

  async replace(sinks: readonly AgentSink[]): Promise<void> {
    const old = this.#sinks.filter((sink) => !sinks.includes(sink))
    this.#sinks = sinks
    await closeAll(old)
  }

  async close(): Promise<void> {
    const sinks = this.#sinks
    this.#sinks = []
    await closeAll(sinks)
  }
}

async function closeAll(sinks: readonly AgentSink[]): Promise<void> {
  const ended = Promise.allSettled(sinks.map(async (sink) => sink.close?.()))
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, closeMs)
  await Promise.race([ended, late])
  clearTimeout(timer)
}
