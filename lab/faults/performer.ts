import type { Actor } from '../actor.ts'
import { longestSeconds } from './duration.ts'

/** A process of a fault, under a name of its own, that does the same again and again. */
export class Performer {
  readonly actor: Actor
  readonly comm: string
  /** What its threads repeat that failed. */
  readonly failures: Error[] = []
  #threads = 0

  private constructor(actor: Actor, comm: string) {
    this.actor = actor
    this.comm = comm
  }

  /** Names an actor, before it has any threads: those it makes later have the name too. */
  static async of(actor: Actor, comm: string): Promise<Performer> {
    await actor.do(`comm ${Buffer.from(comm).toString('hex')}`)
    // Should nobody be there any more to stop it.
    await actor.do(`end-after ${longestSeconds + 10}`)
    return new Performer(actor, comm)
  }

  get pid(): number {
    return this.actor.pid
  }

  /** Does operations of lab/actor once, one after the other. @throws Refused */
  async do(...operations: readonly string[]): Promise<void> {
    for (const operation of operations) await this.actor.do(operation)
  }

  /** Has a thread of its own do operations of lab/actor, and does not wait for it. */
  begin(...operations: readonly string[]): void {
    const thread = `t${++this.#threads}`
    const note = (error: Error): void => void this.failures.push(error)
    for (const operation of operations) this.actor.in(thread, operation).catch(note)
  }

  /** Has a thread of its own repeat operations of lab/actor until one fails or the process ends. */
  repeat(...operations: readonly string[]): void {
    this.after([], ...operations)
  }

  /** As repeat(), after some that are done once. */
  after(first: readonly string[], ...operations: readonly string[]): void {
    this.begin(...first, `repeat 0 ${operations.join(' ; ')}`)
  }
}
