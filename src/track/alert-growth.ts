import { formatDuration } from '../lib/duration.ts'
import type { GrowthRule } from '../model/alert-rule.ts'
import { maxReadSubjects, type IsWanted, type RuleReading, type RuleReadings, type SecondFacts } from './alert-facts.ts'
import { stateSums } from './alert-states.ts'
import type { NamedSubject } from './alert-subject.ts'
import { CountSeries } from './count-series.ts'

/** By how much the sockets of a state became more in a whole window: nothing where they became fewer in it. */
export class GrowthReadings implements RuleReadings {
  readonly #rule: GrowthRule
  readonly #isWanted: IsWanted
  readonly #series = new Map<string, { subject: NamedSubject; counts: CountSeries }>()
  /** Of the last count. */
  #countedNs: number | undefined
  #beyond = 0

  constructor(rule: GrowthRule, isWanted: IsWanted) {
    this.#rule = rule
    this.#isWanted = isWanted
  }

  get beyond(): number {
    return this.#beyond
  }

  onSecond({ states }: Pick<SecondFacts, 'states'>, timeNs: number): void {
    if (!states) return
    const sums = stateSums(states, this.#rule, this.#isWanted)
    for (const key of this.#series.keys()) if (!sums.has(key)) this.#series.delete(key)
    this.#beyond = 0
    for (const [key, { subject, count }] of sums) {
      const known = this.#series.get(key)
      if (known && count >= known.counts.count) known.counts.add(timeNs, count)
      else if (known || this.#series.size < maxReadSubjects)
        this.#series.set(key, { subject, counts: this.#begun(timeNs, count, known !== undefined) })
      else this.#beyond++
    }
    this.#countedNs = timeNs
  }

  /** Who had none at the count before grew from nothing. */
  #begun(timeNs: number, count: number, hasFallen: boolean): CountSeries {
    const { windowNs } = this.#rule
    if (hasFallen || this.#countedNs === undefined) return new CountSeries(windowNs, timeNs, count)
    const counts = new CountSeries(windowNs, this.#countedNs, 0)
    counts.add(timeNs, count)
    return counts
  }

  readings(): RuleReading[] {
    const { state, windowNs } = this.#rule
    return [...this.#series].map(([key, { subject, counts }]) => {
      const { growth } = counts
      const detail = `${counts.count} sockets in ${state}, ${growth} more than ${formatDuration(windowNs)} ago, and never fewer`
      return { key, subject: { ...subject, detail }, value: counts.isWhole ? growth : 0 }
    })
  }
}
