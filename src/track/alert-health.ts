import { formatDuration } from '../lib/duration.ts'
import type { ConntrackRule, LossRule } from '../model/alert-rule.ts'
import type { SignalName } from '../model/book.ts'
import type { NamespaceFacts } from '../model/host-facts.ts'
import type { RuleReading, RuleReadings, SecondFacts, StepFacts } from './alert-facts.ts'
import { named } from './alert-subject.ts'
import { CountSeries } from './count-series.ts'

/** How many events of each signal wirelag lost in the last window. */
export class LossReadings implements RuleReadings {
  readonly beyond = 0
  readonly #rule: LossRule
  readonly #lost = new Map<SignalName, CountSeries>()

  constructor(rule: LossRule) {
    this.#rule = rule
  }

  onSecond({ books }: Pick<SecondFacts, 'books'>, timeNs: number): void {
    const { signals, windowNs } = this.#rule
    for (const { signal, lost } of books) {
      if (signals && !signals.includes(signal)) continue
      const known = this.#lost.get(signal)
      if (known && lost >= known.count) known.add(timeNs, lost)
      else this.#lost.set(signal, new CountSeries(windowNs, timeNs, lost))
    }
  }

  readings(): RuleReading[] {
    return [...this.#lost].map(([signal, { growth }]) => {
      const subject = named(signal, { signal })
      const detail = `wirelag lost ${growth} events of the signal ${signal} within ${formatDuration(this.#rule.windowNs)}`
      return { key: subject.key, subject: { ...subject, detail }, value: growth }
    })
  }
}

/** How full connection tracking is, in each network namespace that has it. */
export class ConntrackReadings implements RuleReadings {
  readonly beyond = 0
  readonly #rule: ConntrackRule
  #namespaces: readonly NamespaceFacts[] = []

  constructor(rule: ConntrackRule) {
    this.#rule = rule
  }

  onStep({ survey }: Pick<StepFacts, 'survey'>): void {
    if (survey) this.#namespaces = survey.namespaces
  }

  readings(): RuleReading[] {
    return this.#namespaces.flatMap(({ netns, conntrack }) => {
      if (!conntrack || conntrack.max <= 0) return []
      const { count, max } = conntrack
      const value = count / max
      const subject = named(`network namespace ${netns}`, { netns: String(netns) })
      const detail = `connection tracking is ${(value * 100).toFixed(1)} % full: ${count} flows of ${max}`
      const isShown = value > this.#rule.overShare
      return [{ key: subject.key, subject: { ...subject, detail: isShown ? detail : '' }, value }]
    })
  }
}
