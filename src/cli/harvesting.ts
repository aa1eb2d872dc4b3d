import type { EdgeActivity } from '../model/edge.ts'
import type { Watch } from '../pipeline/watch.ts'

/** Processes are looked up when a harvest first brings them: those that end before it have no name but their comm. */
const harvestMs = 250
/** Beyond it there are so many processes that names are worth less than the time. */
const cheapHarvestMs = 2

/** Harvests a watch, several times in each interval where that costs little. */
export class Harvesting {
  readonly #watch: Watch
  readonly #onHarvest: (activities: EdgeActivity[]) => void
  readonly #onInterval: () => void
  readonly #timer: NodeJS.Timeout
  readonly #ticksPerInterval: number
  #ticks = 0
  #lastHarvestMs = 0

  constructor(
    watch: Watch,
    intervalNs: number,
    handlers: { onHarvest: (activities: EdgeActivity[]) => void; onInterval: () => void },
  ) {
    this.#watch = watch
    this.#onHarvest = handlers.onHarvest
    this.#onInterval = handlers.onInterval
    this.#ticksPerInterval = Math.ceil(intervalNs / 1e6 / harvestMs)
    this.#timer = setInterval(() => this.#tick(), intervalNs / 1e6 / this.#ticksPerInterval)
  }

  #tick(): void {
    const isIntervalOver = ++this.#ticks % this.#ticksPerInterval === 0
    if (isIntervalOver || this.#lastHarvestMs <= cheapHarvestMs) this.#harvest()
    if (isIntervalOver) this.#onInterval()
  }

  #harvest(): void {
    const startMs = performance.now()
    this.#onHarvest(this.#watch.harvest())
    this.#lastHarvestMs = performance.now() - startMs
  }

  /** Harvests what has happened since, and ends. */
  stop(): void {
    this.cancel()
    this.#harvest()
  }

  /** Ends without asking the watch, which may have ended. */
  cancel(): void {
    clearInterval(this.#timer)
  }
}
