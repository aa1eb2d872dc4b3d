import { passesIdentity } from '../identity/identity-filter.ts'
import type { AlertMessage, AlertRule, AlertSubject, RuleAlert } from '../model/alert-rule.ts'
import type { RuleReadings } from '../track/alert-facts.ts'
import { AlertGroup, type GroupTimes } from '../track/alert-group.ts'
import { AlertHysteresis } from '../track/alert-hysteresis.ts'
import { readingsOf, thresholdOf } from '../track/alert-readings.ts'
import type { Receiver } from './alert-receivers.ts'

/** So many alerts of a rule fire at the same time; those beyond are counted. */
const maxFiring = 200

/** One rule, with what fires by it, and who is told. */
export class RuleRun {
  readonly rule: AlertRule
  readonly readings: RuleReadings
  readonly #hysteresis: AlertHysteresis<AlertSubject>
  readonly #group: AlertGroup
  #receivers: readonly Receiver[] = []
  #firing: readonly RuleAlert[] = []

  constructor(rule: AlertRule, times: GroupTimes) {
    const { forNs, resolveAfterNs, resolveShare } = rule
    const whose = 'whose' in rule ? rule.whose : {}
    this.rule = rule
    this.readings = readingsOf(rule, (identity) => passesIdentity(whose, identity))
    const threshold = thresholdOf(rule)
    this.#hysteresis = new AlertHysteresis({ threshold, forNs, resolveAfterNs, resolveShare, maxSubjects: maxFiring })
    this.#group = new AlertGroup(rule, times)
  }

  /** Of all receivers it takes those that the rule wants. */
  tellTo(receivers: readonly Receiver[]): void {
    const isWanted = ({ name, hearsFindings }: Receiver): boolean =>
      this.rule.receivers?.includes(name) ?? (this.rule.kind !== 'finding' || hearsFindings)
    this.#receivers = receivers.filter(isWanted)
  }

  get firing(): number {
    return this.#firing.length
  }

  /** Subjects that are not followed. */
  get #beyond(): number {
    return this.readings.beyond + this.#hysteresis.beyond
  }

  judge(nowNs: number): void {
    const changed = this.#hysteresis.judge(this.readings.readings(), nowNs)
    this.#firing = this.#hysteresis.firing()
    for (const receiver of this.#receivers) receiver.onAlerts?.(this.rule, changed, this.#firing)
    this.#tell(this.#group.update(changed, { firing: this.#firing, beyond: this.#beyond, nowNs }))
  }

  #tell(message: AlertMessage | undefined): void {
    if (message) for (const receiver of this.#receivers) receiver.onMessage?.(message)
  }

  /** What waits for others is told. */
  flush(nowNs: number): void {
    this.#tell(this.#group.flush([], this.#firing, { beyond: this.#beyond, nowNs }))
  }

  /** The rule is no more: what fires is over. */
  end(nowNs: number): void {
    const resolved = this.#firing.map((alert) => ({ ...alert, state: 'resolved' as const, changedNs: nowNs }))
    this.#firing = []
    for (const receiver of this.#receivers) receiver.onAlerts?.(this.rule, resolved, [])
    this.#tell(this.#group.flush(resolved, [], { beyond: 0, nowNs }))
  }

  notice(): string | undefined {
    return this.#beyond === 0 ? undefined : `rule '${this.rule.name}' has more subjects than it can follow`
  }
}
