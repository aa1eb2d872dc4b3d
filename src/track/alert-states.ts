import type { GrowthRule, StateRule } from '../model/alert-rule.ts'
import { maxReadSubjects, type IsWanted, type RuleReading, type RuleReadings, type SecondFacts } from './alert-facts.ts'
import { identityOf, subjectOf, type NamedSubject } from './alert-subject.ts'

export interface StateSum {
  subject: NamedSubject
  count: number
}

/** The sockets of a rule's state, for each subject that has any. */
export function stateSums(
  states: NonNullable<SecondFacts['states']>,
  { state, by }: StateRule | GrowthRule,
  isWanted: IsWanted,
): Map<string, StateSum> {
  const sums = new Map<string, StateSum>()
  for (const { state: other, owner, now } of states) {
    if (other !== state) continue
    const identity = identityOf(owner)
    const subject = isWanted(identity) ? subjectOf(by, identity, { nobody: '(unknown)', labels: { state } }) : undefined
    if (!subject) continue
    const sum = sums.get(subject.key) ?? { subject, count: 0 }
    sums.set(subject.key, sum)
    sum.count += now
  }
  return sums
}

/** How many sockets each subject has in a state, by the last count. */
export class StateReadings implements RuleReadings {
  readonly #rule: StateRule
  readonly #isWanted: IsWanted
  #sums: StateSum[] = []
  #beyond = 0

  constructor(rule: StateRule, isWanted: IsWanted) {
    this.#rule = rule
    this.#isWanted = isWanted
  }

  get beyond(): number {
    return this.#beyond
  }

  onSecond({ states }: Pick<SecondFacts, 'states'>): void {
    if (!states) return
    const sums = [...stateSums(states, this.#rule, this.#isWanted).values()].toSorted((a, b) => b.count - a.count)
    this.#sums = sums.slice(0, maxReadSubjects)
    this.#beyond = sums.slice(maxReadSubjects).filter(({ count }) => count > this.#rule.over).length
  }

  readings(): RuleReading[] {
    return this.#sums.map(({ subject, count }) => {
      const detail = count > this.#rule.over ? `${count} sockets in ${this.#rule.state}` : ''
      return { key: subject.key, subject: { ...subject, detail }, value: count }
    })
  }
}
