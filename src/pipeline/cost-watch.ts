import { CpuBudget, shedText } from './cpu-budget.ts'
import { addCost, noCost, SelfCostMeter, type SelfCost } from './self-cost.ts'
import type { Watch } from './watch.ts'

const periodMs = 1000

/** Measures every second what a watch costs, and gives signals up where that is over a budget. */
export class CostWatch {
  readonly #meter: SelfCostMeter
  readonly #timer: NodeJS.Timeout
  #total: SelfCost = noCost

  /** @param notice tells the user what was given up */
  constructor(watch: Watch, budgetShare: number | undefined, notice: (text: string) => void) {
    this.#meter = new SelfCostMeter(watch)
    const on = watch.signals.flatMap(({ signal, status }) => (status === 'off' ? [] : signal))
    const budget = budgetShare === undefined ? undefined : new CpuBudget(budgetShare, on)
    this.#timer = setInterval(() => {
      const cost = this.#take()
      const shed = budget?.judge(cost)
      if (!shed) return
      watch.shed(shed.signal, shed.reason)
      notice(shedText(shed))
    }, periodMs)
    this.#timer.unref()
  }

  #take(): SelfCost {
    const cost = this.#meter.take()
    this.#total = addCost(this.#total, cost)
    return cost
  }

  /** @returns the cost from begin to end */
  stop(): SelfCost {
    clearInterval(this.#timer)
    this.#take()
    this.#meter.stop()
    return this.#total
  }
}
