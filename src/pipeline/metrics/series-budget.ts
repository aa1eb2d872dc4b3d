/** What one family has taken of a budget. */
export interface BudgetAccount {
  usedSeries: number
}

/**
 * Shares a number of series among families: half of it is divided between them for good, the rest is a pool for who comes
 * first, of which no more than half goes to points that could be told with less detail.
 */
export class SeriesBudget {
  readonly #guaranteed: number
  readonly #pool: number
  readonly #accounts: BudgetAccount[] = []

  constructor(series: number, families: number) {
    this.#guaranteed = Math.max(0, Math.floor(series / 2 / families))
    this.#pool = series - this.#guaranteed * families
  }

  open(): BudgetAccount {
    const account = { usedSeries: 0 }
    this.#accounts.push(account)
    return account
  }

  /** Takes so many series, or none: false. */
  take(account: BudgetAccount, series: number, isDetail: boolean): boolean {
    const wanted = account.usedSeries + series
    const fromPool = Math.max(0, wanted - this.#guaranteed) - this.#overGuaranteed(account)
    const isWithin = wanted <= this.#guaranteed || this.#usedPool() + fromPool <= this.#pool * (isDetail ? 0.5 : 1)
    if (isWithin) account.usedSeries = wanted
    return isWithin
  }

  give(account: BudgetAccount, series: number): void {
    account.usedSeries -= series
  }

  #overGuaranteed({ usedSeries }: BudgetAccount): number {
    return Math.max(0, usedSeries - this.#guaranteed)
  }

  #usedPool(): number {
    return this.#accounts.reduce((sum, account) => sum + this.#overGuaranteed(account), 0)
  }

  get usedSeries(): number {
    return this.#accounts.reduce((sum, { usedSeries }) => sum + usedSeries, 0)
  }
}
