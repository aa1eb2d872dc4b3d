import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import { stageNames, type EdgeActivity } from '../model/edge.ts'
import { byProcess, merged } from './process-activity.ts'

interface Slot {
  startNs: number
  endNs: number
  activities: EdgeActivity[]
}

/** Stands for each stage without samples in a slot that is complete: most have one stage, and a histogram has 1.7 KB. */
const noSamples = new LogLinearHistogram()

/**
 * What each process did in the last `windowNs`: a ring of slots of time, merged when asked. What happened in a slot is
 * forgotten when the slot's end has left the window, so up to one slot more than the window is in it.
 */
export class ActivityWindow {
  readonly #windowNs: number
  readonly #slotNs: number
  readonly #maxProcesses: number
  /** The oldest first. */
  readonly #slots: Slot[] = []
  #addedNs: number

  /**
   * @param startNs since when the first activities count
   * @param stepNs what is added within such a time is one slot
   * @param maxSlots beyond about so many, slots are longer than a step
   * @param maxProcesses kept apart in one slot, for each protocol; those beyond are summed up without a process
   */
  constructor(options: {
    startNs: number
    windowNs: number
    stepNs: number
    maxSlots?: number
    maxProcesses?: number
  }) {
    this.#addedNs = options.startNs
    this.#windowNs = options.windowNs
    this.#slotNs = Math.max(options.stepNs, options.windowNs / (options.maxSlots ?? 20))
    this.#maxProcesses = options.maxProcesses ?? 1024
  }

  /** Adds what was done since the last call. */
  add(activities: readonly EdgeActivity[], nowNs: number): void {
    this.#forget(nowNs)
    let slot = this.#slots.at(-1)
    if (!slot || nowNs - slot.startNs > this.#slotNs) {
      if (slot) complete(slot)
      slot = { startNs: this.#addedNs, endNs: nowNs, activities: [] }
      this.#slots.push(slot)
    }
    slot.activities = this.#bounded(byProcess([...slot.activities, ...activities]))
    slot.endNs = nowNs
    this.#addedNs = nowNs
  }

  #forget(nowNs: number): void {
    const firstKept = this.#slots.findIndex(({ endNs }) => endNs > nowNs - this.#windowNs)
    this.#slots.splice(0, firstKept < 0 ? this.#slots.length : firstKept)
  }

  #bounded(activities: EdgeActivity[]): EdgeActivity[] {
    const seen = { tcp: 0, udp: 0 }
    const kept: EdgeActivity[] = []
    const beyond: EdgeActivity[] = []
    for (const activity of activities) {
      const isKept = !activity.edge.process || ++seen[activity.edge.protocol] <= this.#maxProcesses
      ;(isKept ? kept : beyond).push(activity)
    }
    if (beyond.length === 0) return kept
    const others = beyond.map((activity) => ({ ...activity, edge: { ...activity.edge, process: undefined } }))
    return merged([...kept, ...others], ({ edge }) => `${edge.process?.pid} ${edge.process?.startNs} ${edge.protocol}`)
  }

  /** What each process did over each protocol in the window that ends now. */
  activities(nowNs: number): EdgeActivity[] {
    this.#forget(nowNs)
    return byProcess(this.#slots.flatMap(({ activities }) => activities))
  }
}

function complete({ activities }: Slot): void {
  for (const { stages } of activities)
    for (const stage of stageNames) if (stages[stage].count === 0) stages[stage] = noSamples
}
