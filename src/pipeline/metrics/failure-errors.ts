import type { Subject } from './subject.ts'

/** Whose failures are told apart at once; those beyond have no errno. */
const maxSubjects = 4096

/** Failed connects with their errno. */
export interface NamedFailures {
  subject: Subject
  error: string
  count: number
}

interface Counted {
  subject: Subject
  /** In this step, and what was left of the step before. */
  fresh: number
  old: number
}

type Told = Map<string, { fresh: number; old: number }>

/**
 * Brings together the failures that the kernel counts, which are all but have no errno, and those that it told, which have one but
 * may be lost on their way. The two may fall into steps that follow each other, so what is left of one waits
 * for the next. As many come out as were counted, no more and no less.
 */
export class FailureErrors {
  readonly #counted = new Map<string, Counted>()
  readonly #told = new Map<string, Told>()

  /**
   * @param key the same here and in tell()
   * @param subject as which they come out
   * @returns false: there is no room, they have no errno
   */
  count(key: string, subject: Subject, count: number): boolean {
    const known = this.#counted.get(key)
    if (known) known.fresh += count
    else if (this.#counted.size >= maxSubjects) return false
    else this.#counted.set(key, { subject, fresh: count, old: 0 })
    return true
  }

  tell(key: string, error: string, count: number): void {
    const errors = this.#told.get(key) ?? (new Map() as Told)
    if (!this.#told.has(key) && this.#told.size >= maxSubjects) return
    this.#told.set(key, errors)
    const known = errors.get(error)
    if (known) known.fresh += count
    else errors.set(error, { fresh: count, old: 0 })
  }

  /** At the end of a step: failures whose errno is known now, or will not be. */
  settle(): NamedFailures[] {
    const settled = [...this.#counted].flatMap(([key, counted]) => this.#settleOf(key, counted))
    for (const [key, counted] of this.#counted) {
      if (counted.fresh === 0) this.#counted.delete(key)
      else Object.assign(counted, { fresh: 0, old: counted.fresh })
    }
    for (const [key, errors] of this.#told) {
      for (const [error, told] of errors) {
        if (told.fresh === 0) errors.delete(error)
        else Object.assign(told, { fresh: 0, old: told.fresh })
      }
      if (errors.size === 0) this.#told.delete(key)
    }
    return settled
  }

  #settleOf(key: string, counted: Counted): NamedFailures[] {
    const { subject } = counted
    const named = [...(this.#told.get(key) ?? [])].flatMap(([error, told]) => {
      const count = Math.min(counted.fresh + counted.old, told.fresh + told.old)
      takeFrom(counted, count)
      takeFrom(told, count)
      return count > 0 ? { subject, error, count } : []
    })
    const lost = counted.old
    counted.old = 0
    return lost > 0 ? [...named, { subject, error: unknownError, count: lost }] : named
  }
}

/** Of failures that nobody told. */
export const unknownError = 'unknown'

/** The old first. */
function takeFrom(from: { fresh: number; old: number }, count: number): void {
  const old = Math.min(from.old, count)
  from.old -= old
  from.fresh -= count - old
}
