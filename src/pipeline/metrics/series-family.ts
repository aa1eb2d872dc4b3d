import { edgeIndexOf, histogramSeries } from '../../export/prometheus-buckets.ts'
import { bucketOf, LogLinearHistogram } from '../../histogram/log-linear-histogram.ts'
import type { Exemplar, MetricFamily, MetricLabels } from '../../model/metric.ts'
import type { FoldedSeries } from './folded-series.ts'
import { edgeLabels, familyOf, type MetricDefinition } from './metric-definitions.ts'
import type { BudgetAccount, SeriesBudget } from './series-budget.ts'
import { broaderSubject, isOther, otherText, type Subject } from './subject.ts'

/** What did nothing for so long may be forgotten, where others want its room. */
const idleMs = 10 * 60_000

/** A point that goes on counting. */
interface Series {
  labels: MetricLabels
  value: number | LogLinearHistogram
  lastUnixMs: number
  startUnixMs?: number
  /** Of all that found no room: it takes nothing from the budget. */
  isOther: boolean
  /** The latest of each bucket. */
  exemplars?: Map<number, Exemplar>
}

/**
 * The points of one metric. Who finds no room in the budget counts with all its peers as one, else as `other`, from then until
 * there is room; what was counted stays where it was counted, so nothing ever goes backwards.
 */
export class SeriesFamily {
  readonly #definition: MetricDefinition
  readonly #budget: SeriesBudget
  readonly #account: BudgetAccount
  readonly #folded: FoldedSeries
  readonly #series = new Map<string, Series>()
  /** The label that is not the subject's. */
  readonly #ownLabel: string | undefined
  readonly #seriesOfPoint: number
  #refused = 0
  #hasForgotten = false

  constructor(definition: MetricDefinition, budget: SeriesBudget, folded: FoldedSeries) {
    this.#definition = definition
    this.#budget = budget
    this.#account = budget.open()
    this.#folded = folded
    this.#ownLabel = definition.labels.find((label) => !(edgeLabels as readonly string[]).includes(label))
    this.#seriesOfPoint = definition.type === 'histogram' ? histogramSeries : 1
  }

  /** @param own the value of the label that is the metric's own */
  add(subject: Subject, count: number, unixMs: number, own = ''): void {
    if (count === 0) return
    const series = this.#seriesFor(subject, own, unixMs)
    series.value = (series.value as number) + count
  }

  /** The histogram to count in, of a metric that is one. */
  histogram(subject: Subject, unixMs: number): LogLinearHistogram {
    return this.#seriesFor(subject, '', unixMs).value as LogLinearHistogram
  }

  #seriesFor(subject: Subject, own: string, unixMs: number): Series {
    for (let wanted = subject, isFolded = false; ; wanted = broaderSubject(wanted)) {
      const key = `${wanted.key}\0${own}`
      const known = this.#series.get(key)
      if (known) {
        known.lastUnixMs = unixMs
        return known
      }
      if (isOther(wanted) || this.#budget.take(this.#account, this.#seriesOfPoint, isDetailed(wanted)))
        return this.#create(key, wanted, own, unixMs)
      this.#refused++
      if (!isFolded) this.#folded.note(`${this.#definition.name}\0${key}`)
      isFolded = true
    }
  }

  #create(key: string, subject: Subject, own: string, unixMs: number): Series {
    const series: Series = {
      labels: this.#ownLabel === undefined ? subject.labels : { ...subject.labels, [this.#ownLabel]: own },
      value: this.#definition.type === 'histogram' ? new LogLinearHistogram() : 0,
      lastUnixMs: unixMs,
      isOther: isOther(subject),
      ...(this.#hasForgotten ? { startUnixMs: unixMs } : {}),
    }
    this.#series.set(key, series)
    return series
  }

  /** Ties an incident to the bucket that it was counted in. False: it was not counted yet. */
  exemplify(subject: Subject, exemplar: Exemplar): boolean {
    const series = this.#find(subject)
    const edge = edgeIndexOf(exemplar.valueNs)
    const hasCounted = series && (series.value as LogLinearHistogram).counts[bucketOf(exemplar.valueNs)]! > 0
    if (!hasCounted) return false
    series.exemplars ??= new Map()
    series.exemplars.set(edge, exemplar)
    return true
  }

  #find(subject: Subject): Series | undefined {
    for (let wanted = subject; ; wanted = broaderSubject(wanted)) {
      const series = this.#series.get(`${wanted.key}\0`)
      if (series || isOther(wanted)) return series
    }
  }

  /** Of a gauge: everything is to be counted anew. */
  clear(): void {
    for (const series of this.#series.values()) series.value = 0
  }

  /** Makes room for those that found none since the last time, the longest idle first. */
  sweep(unixMs: number): void {
    const isIdle = ({ lastUnixMs }: Series): boolean => unixMs - lastUnixMs > idleMs
    if (this.#refused > 0) {
      const idle = [...this.#series].filter(([, series]) => isIdle(series) && !series.isOther)
      idle.sort(([, a], [, b]) => a.lastUnixMs - b.lastUnixMs)
      for (const [key] of idle.slice(0, this.#refused)) {
        this.#series.delete(key)
        this.#budget.give(this.#account, this.#seriesOfPoint)
        this.#hasForgotten = true
      }
    }
    this.#refused = 0
  }

  /** Its histograms go on counting: to be rendered before anything else happens. */
  family(): MetricFamily {
    return familyOf(
      this.#definition,
      [...this.#series.values()].map(({ labels, value, startUnixMs, exemplars }) => ({
        labels,
        value,
        ...(startUnixMs === undefined ? {} : { startUnixMs }),
        ...(exemplars ? { exemplars: [...exemplars.values()] } : {}),
      })),
    )
  }

  /** What is beyond the budget: `other` of each kind. */
  get otherSeries(): number {
    return [...this.#series.values()].filter((series) => series.isOther).length * this.#seriesOfPoint
  }
}

function isDetailed({ labels }: Subject): boolean {
  return labels['peer_service'] !== undefined && labels['peer_service'] !== otherText
}
