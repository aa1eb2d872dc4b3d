import type { FindingRule } from '../model/alert-rule.ts'
import type { Finding } from '../model/finding.ts'
import { maxReadSubjects, type IsWanted, type RuleReading, type RuleReadings, type StepFacts } from './alert-facts.ts'
import { culpritLabels, identityOf, named } from './alert-subject.ts'

/** How sure the last diagnosis was of each cause, of whom. */
export class FindingReadings implements RuleReadings {
  readonly #rule: FindingRule
  readonly #isWanted: IsWanted
  #readings: RuleReading[] = []
  #beyond = 0

  constructor(rule: FindingRule, isWanted: IsWanted) {
    this.#rule = rule
    this.#isWanted = isWanted
  }

  get beyond(): number {
    return this.#beyond
  }

  onStep({ diagnosis }: Pick<StepFacts, 'diagnosis'>): void {
    const readings = new Map<string, RuleReading>()
    for (const finding of diagnosis.findings) {
      const reading = this.#readingOf(finding)
      // The weightiest of a service stands for its other processes.
      if (reading && !readings.has(reading.key)) readings.set(reading.key, reading)
    }
    this.#readings = [...readings.values()].slice(0, maxReadSubjects)
    this.#beyond = readings.size - this.#readings.length
  }

  #readingOf({ cause, culprit, confidence, sentence }: Finding): RuleReading | undefined {
    const { causes, minConfidence } = this.#rule
    if (confidence < minConfidence || (causes && !causes.includes(cause))) return undefined
    const identity = identityOf(culprit)
    if (!this.#isWanted(identity)) return undefined
    const subject = named(identity ? `${cause} of ${identity.service}` : cause, { cause, ...culpritLabels(identity) })
    return { key: subject.key, subject: { ...subject, detail: sentence }, value: confidence }
  }

  readings(): RuleReading[] {
    return this.#readings
  }
}
