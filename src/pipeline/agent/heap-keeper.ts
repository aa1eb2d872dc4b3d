import type { AgentSink } from './agent-sink.ts'

/** Some 50 ms of a CPU, and after it a third of the heap is the system's again. */
const stepsBetween = 6

/**
 * Keeps the heap of the agent's process small: V8 gives memory back of its own only while a program rests, and an agent that sees much
 * never does, so that its pages become ever more that are ever less full.
 */
export class HeapKeeper implements AgentSink {
  readonly name = 'heap'
  #steps = 0

  onStep(): void {
    if (++this.#steps % stepsBetween === 0) globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  }
}
