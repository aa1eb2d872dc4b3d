import type { AlertMessage, AlertRule, RuleAlert } from '../model/alert-rule.ts'
import type { AlertSettings } from '../model/alert-settings.ts'

export type GroupTimes = Pick<AlertSettings, 'groupWaitNs' | 'groupIntervalNs' | 'repeatNs'>

/** So many alerts that fire stand in a message, and as many that are resolved. */
const maxListed = 50
/** So many changes are kept until they are told. */
const maxChanges = 1000

/** Makes one message of many alerts of a rule, and few messages of alerts that come and go. */
export class AlertGroup {
  readonly #rule: AlertRule
  readonly #times: GroupTimes
  /** By subject, what has not been told yet. */
  readonly #changed = new Map<string, RuleAlert>()
  /** Subjects that were resolved and found no room among those. */
  #uncounted = 0
  #dueNs: number | undefined
  #toldNs = -Infinity

  constructor(rule: AlertRule, times: GroupTimes) {
    this.#rule = rule
    this.#times = times
  }

  /**
   * @param changed alerts that have just fired or ended
   * @param firing all that fire
   * @param beyond how many subjects are not followed
   * @returns what is to be told now
   */
  update(
    changed: readonly RuleAlert[],
    { firing, beyond, nowNs }: { firing: readonly RuleAlert[]; beyond: number; nowNs: number },
  ): AlertMessage | undefined {
    for (const alert of changed) this.#keep(alert)
    if (this.#changed.size === 0) {
      if (firing.length === 0 || nowNs - this.#toldNs < this.#times.repeatNs) return undefined
      return this.#message(firing, beyond, nowNs)
    }
    this.#dueNs ??= Math.max(nowNs + this.#times.groupWaitNs, this.#toldNs + this.#times.groupIntervalNs)
    return nowNs < this.#dueNs ? undefined : this.#message(firing, beyond, nowNs)
  }

  #keep(alert: RuleAlert): void {
    if (this.#changed.has(alert.key) || this.#changed.size < maxChanges) this.#changed.set(alert.key, alert)
    else if (alert.state === 'resolved') this.#uncounted++
  }

  #message(firing: readonly RuleAlert[], beyond: number, nowNs: number): AlertMessage {
    const resolved = [...this.#changed.values()].filter(({ state }) => state === 'resolved')
    const isNew = ({ key }: RuleAlert): boolean => this.#changed.has(key)
    const message = {
      rule: this.#rule,
      firing: firing.toSorted((a, b) => Number(isNew(b)) - Number(isNew(a)) || b.worst - a.worst).slice(0, maxListed),
      resolved: resolved.slice(0, maxListed),
      firingCount: firing.length,
      newCount: firing.filter((alert) => isNew(alert)).length,
      resolvedCount: resolved.length + this.#uncounted,
      beyond,
      isRepeat: this.#changed.size === 0,
    }
    this.#changed.clear()
    this.#uncounted = 0
    this.#dueNs = undefined
    this.#toldNs = nowNs
    return message
  }

  /** What has not been told yet, at the end. */
  flush(
    changed: readonly RuleAlert[],
    firing: readonly RuleAlert[],
    { beyond, nowNs }: { beyond: number; nowNs: number },
  ): AlertMessage | undefined {
    for (const alert of changed) this.#keep(alert)
    return this.#changed.size === 0 ? undefined : this.#message(firing, beyond, nowNs)
  }
}
