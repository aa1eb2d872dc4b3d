import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import { packedHistogram, subtractPacked, type PackedHistogram } from '../histogram/packed-histogram.ts'
import { formatDuration } from '../lib/duration.ts'
import type { AlertQuantile, StageRule } from '../model/alert-rule.ts'
import { stageText } from '../model/alert-text.ts'
import type { Identity } from '../model/container.ts'
import type { Edge, EdgeActivity } from '../model/edge.ts'
import { maxReadSubjects, type IsWanted, type RuleReading, type RuleReadings, type SecondFacts } from './alert-facts.ts'
import { identityOf, subjectOf, type NamedSubject } from './alert-subject.ts'

const shares: Record<AlertQuantile, number> = { p50: 0.5, p95: 0.95, p99: 0.99, max: 1 }

/** What is older is forgotten slot by slot. */
const slotsInWindow = 60

interface StageWindow {
  subject: NamedSubject
  /** Of the whole window; its maximum is that of all times. */
  total: LogLinearHistogram
  /** Since the last slot ended. */
  current: LogLinearHistogram
  /** The oldest first. */
  slots: { endNs: number; packed: PackedHistogram }[]
}

/** A quantile of a stage over the last window, for each subject. */
export class StageReadings implements RuleReadings {
  readonly #rule: StageRule
  readonly #isWanted: IsWanted
  readonly #slotNs: number
  readonly #windows = new Map<string, StageWindow>()
  /** Edges stay the same objects for as long as they are measured. */
  readonly #known = new WeakMap<Edge, { identity: Identity | undefined; subject: NamedSubject | undefined }>()
  #slotStartNs: number | undefined
  #beyond = 0

  constructor(rule: StageRule, isWanted: IsWanted) {
    this.#rule = rule
    this.#isWanted = isWanted
    this.#slotNs = rule.windowNs / slotsInWindow
  }

  /** At the last second. */
  get beyond(): number {
    return this.#beyond
  }

  onSecond({ activities }: Pick<SecondFacts, 'activities'>, timeNs: number): void {
    const beyond = new Set<string>()
    for (const activity of activities) {
      const { [this.#rule.stage]: histogram } = activity.stages
      if (histogram.count === 0) continue
      const subject = this.#subjectOf(activity)
      if (!subject) continue
      const window = this.#windows.get(subject.key) ?? this.#newWindow(subject)
      if (!window) {
        beyond.add(subject.key)
        continue
      }
      window.current.merge(histogram)
      window.total.merge(histogram)
    }
    this.#beyond = beyond.size
    this.#endSlot(timeNs)
    this.#forget(timeNs - this.#rule.windowNs)
  }

  #subjectOf({ edge }: EdgeActivity): NamedSubject | undefined {
    const identity = edge.process?.identity
    const known = this.#known.get(edge)
    if (known && known.identity === identity) return known.subject
    const subject = this.#newSubject(edge)
    this.#known.set(edge, { identity, subject })
    return subject
  }

  #newSubject(edge: Edge): NamedSubject | undefined {
    const { by, stage, protocol } = this.#rule
    if (protocol !== undefined && protocol !== edge.protocol) return undefined
    const identity = identityOf(edge.process)
    if (!this.#isWanted(identity)) return undefined
    const subject = subjectOf(by, identity, { nobody: '(others)', labels: { stage, protocol: edge.protocol } })
    return subject && edge.protocol === 'udp' ? { ...subject, name: `${subject.name} (udp)` } : subject
  }

  #newWindow(subject: NamedSubject): StageWindow | undefined {
    if (this.#windows.size >= maxReadSubjects) return undefined
    const window = { subject, total: new LogLinearHistogram(), current: new LogLinearHistogram(), slots: [] }
    this.#windows.set(subject.key, window)
    return window
  }

  #endSlot(timeNs: number): void {
    this.#slotStartNs ??= timeNs - this.#slotNs
    if (timeNs - this.#slotStartNs < this.#slotNs) return
    this.#slotStartNs = timeNs
    for (const window of this.#windows.values()) {
      if (window.current.count === 0) continue
      window.slots.push({ endNs: timeNs, packed: packedHistogram(window.current) })
      window.current = new LogLinearHistogram()
    }
  }

  #forget(beforeNs: number): void {
    for (const [key, { total, current, slots }] of this.#windows) {
      while (slots[0] && slots[0].endNs <= beforeNs) subtractPacked(total, slots.shift()!.packed)
      if (slots.length === 0 && current.count === 0) this.#windows.delete(key)
    }
  }

  readings(): RuleReading[] {
    const { quantile, minCount } = this.#rule
    return [...this.#windows.values()].flatMap(({ subject, total, current, slots }) => {
      if (total.count < minCount) return []
      total.maxNs = slots.reduce((maxNs, { packed }) => Math.max(maxNs, packed.maxNs), current.maxNs)
      const value = quantile === 'max' ? total.maxNs : (total.quantileNs(shares[quantile]) ?? 0)
      return [{ key: subject.key, subject: { ...subject, detail: this.#detail(value, total.count) }, value }]
    })
  }

  /** Only an alert shows it. */
  #detail(valueNs: number, count: number): string {
    const { quantile, stage, windowNs, overNs } = this.#rule
    if (valueNs <= overNs) return ''
    const samples = count === 1 ? '1 sample' : `${count} samples`
    return `${quantile} of ${stageText[stage]} ${formatDuration(valueNs)} over ${formatDuration(windowNs)}, ${samples}`
  }
}
