import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import { addPacked, packedHistogram, type PackedHistogram } from '../histogram/packed-histogram.ts'
import { edgeKey } from '../model/edge-text.ts'
import { stageNames, type Edge, type EdgeActivity, type StageName } from '../model/edge.ts'
import { addActivity, noActivity } from './edge-activity.ts'

/** An activity without the stages that had no samples. */
interface PackedActivity extends Omit<EdgeActivity, 'stages'> {
  key: string
  stages: [StageName, PackedHistogram][]
}

interface Slot {
  startNs: number
  endNs: number
  activities: PackedActivity[]
}

/** Stands for each stage without samples; never added to. */
const noSamples = new LogLinearHistogram()

/**
 * What each edge did in the last `windowNs`: a ring of slots of time, merged when asked. What happened in a slot is
 * forgotten when the slot's end has left the window, so up to one slot more than the window is in it.
 */
export class EdgeWindow {
  readonly #windowNs: number
  readonly #slotNs: number
  readonly #maxEdges: number
  /** Complete ones, the oldest first. */
  readonly #slots: Slot[] = []
  /** What came since the last of them. */
  readonly #current = new Map<string, PackedActivity>()
  #currentStartNs: number
  #addedNs: number

  /**
   * @param startNs since when the first activities count
   * @param stepNs what is added within such a time is one slot
   * @param maxSlots beyond about so many, slots are longer than a step
   * @param maxEdges kept apart in one slot; those beyond are summed up for each protocol
   */
  constructor(options: { startNs: number; windowNs: number; stepNs: number; maxSlots?: number; maxEdges?: number }) {
    this.#currentStartNs = options.startNs
    this.#addedNs = options.startNs
    this.#windowNs = options.windowNs
    this.#slotNs = Math.max(options.stepNs, options.windowNs / (options.maxSlots ?? 30))
    this.#maxEdges = options.maxEdges ?? 4096
  }

  /** Adds what was done since the last call. */
  add(activities: readonly EdgeActivity[], nowNs: number): void {
    if (nowNs - this.#currentStartNs > this.#slotNs) this.#completeSlot()
    for (const activity of activities) this.#addOne(activity)
    this.#addedNs = nowNs
    this.#forget(nowNs)
  }

  #addOne(activity: EdgeActivity): void {
    const ownKey = edgeKey(activity.edge)
    const isKept = this.#current.has(ownKey) || this.#current.size < this.#maxEdges
    const edge = isKept ? activity.edge : { ...others, protocol: activity.edge.protocol }
    const key = isKept ? ownKey : edgeKey(edge)
    const before = this.#current.get(key)
    if (!before) {
      this.#current.set(key, packed({ ...activity, edge }, key))
      return
    }
    const sum = nothing(edge)
    addPackedActivity(sum, before)
    addPackedActivity(sum, packed(activity, key))
    this.#current.set(key, packed(sum, key))
  }

  #completeSlot(): void {
    const activities = [...this.#current.values()]
    this.#slots.push({ startNs: this.#currentStartNs, endNs: this.#addedNs, activities })
    this.#current.clear()
    this.#currentStartNs = this.#addedNs
  }

  #forget(nowNs: number): void {
    const firstKept = this.#slots.findIndex(({ endNs }) => endNs > nowNs - this.#windowNs)
    this.#slots.splice(0, firstKept < 0 ? this.#slots.length : firstKept)
  }

  /** How long a time `activities()` is of, up to the last call of `add()`. */
  get spanNs(): number {
    return this.#addedNs - (this.#slots[0]?.startNs ?? this.#currentStartNs)
  }

  /** What each edge did in the window that ends with the last call of `add()`. */
  activities(): EdgeActivity[] {
    const sums = new Map<string, EdgeActivity>()
    for (const { activities } of [...this.#slots, { activities: this.#current.values() }]) {
      for (const activity of activities) {
        const sum = sums.get(activity.key) ?? nothing(activity.edge)
        sums.set(activity.key, sum)
        addPackedActivity(sum, activity)
      }
    }
    return [...sums.values()]
  }
}

const others = {
  process: undefined,
  role: 'any',
  peerAddress: undefined,
  port: undefined,
  netns: undefined,
} as const

const noStages = Object.fromEntries(stageNames.map((stage) => [stage, noSamples])) as EdgeActivity['stages']
const { counts: noCounts } = noActivity({ ...others, protocol: 'tcp' })

/** As noActivity() tells, but without histograms: those are most of what an activity takes. */
function nothing(edge: Edge): EdgeActivity {
  const counts = { ...noCounts, retransmits: { ...noCounts.retransmits } }
  return { edge, counts, stages: { ...noStages }, rttUs: undefined, minRttUs: undefined }
}

function packed(activity: EdgeActivity, key: string): PackedActivity {
  return {
    ...activity,
    key,
    stages: stageNames
      .filter((stage) => activity.stages[stage].count > 0)
      .map((stage) => [stage, packedHistogram(activity.stages[stage])]),
  }
}

function addPackedActivity(sum: EdgeActivity, { stages, ...activity }: PackedActivity): void {
  addActivity(sum, { ...activity, stages: noStages })
  for (const [stage, histogram] of stages) {
    if (sum.stages[stage] === noSamples) sum.stages[stage] = new LogLinearHistogram()
    addPacked(sum.stages[stage], histogram)
  }
}
