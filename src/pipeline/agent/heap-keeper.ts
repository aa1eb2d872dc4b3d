import type { AgentSink } from './agent-sink.ts'

/** Once a minute: a collection takes some 50 to 90 ms of a CPU. */
const stepsBetween = 6

/**
 * Keeps the heap of the agent's process small: V8 gives memory back of its own only while a program rests, and an agent that sees much
 * never does.
 */
export class HeapKeeper implements AgentSink {
  readonly name = 'heap'
  #steps = 0

  onStep(): void {
    if (++this.#steps % stepsBetween === 0) globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  }
}
