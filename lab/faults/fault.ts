import { Scene } from './scene.ts'

/** A process of a fault, as the kernel names it. */
export interface Participant {
  pid: number
  comm: string
}

/** What goes wrong on hosts and networks, made for real. */
export interface Fault {
  /** In kebab-case. */
  name: string
  /** One line: what is wrong. */
  title: string
  /** For a newcomer: what happens, how it looks, why it hurts. */
  explain: string
  /** The name of the finding that it must lead to. */
  cause: string
  /** Begins it: traffic flows then, and within 3 s the fault shows. It goes on for 120 s unless it is disposed of. */
  start(): Promise<RunningFault>
}

/** A fault that goes on by itself until it is disposed of; nothing of it is left then. */
export interface RunningFault extends AsyncDisposable {
  /** Whom the finding must blame. */
  culprit: Participant
  /** Who suffers, where it is another process of the fault. */
  victim: Participant | undefined
  /** Inodes of the network namespaces it uses. */
  netns: readonly number[]
  /**
   * How long the victim, or the client, waited for what it does again and again: the value below which a percentage of
   * the times since the last look are. In nanoseconds by its own clock; undefined where it measures none, or had none.
   */
  waitNs(percent: number): Promise<number | undefined>
}

/** Whose fault it is, of the actors on a scene. */
export interface Cast {
  culprit: Participant
  victim?: Participant
}

/** Sets the traffic going on a scene, and what is wrong with it. */
export type Plot = (scene: Scene) => Promise<Cast>

/** A fault from what it does on a scene of its own. @param delayMs how long a packet takes from host to host */
export function defineFault(facts: Omit<Fault, 'start'>, plot: Plot, delayMs = 0): Fault {
  return { ...facts, start: () => begin(plot, delayMs) }
}

async function begin(plot: Plot, delayMs: number): Promise<RunningFault> {
  const scene = await Scene.open(delayMs)
  try {
    const { culprit, victim } = await plot(scene)
    const { netns } = scene
    scene.endAfterAWhile()
    return {
      culprit: { pid: culprit.pid, comm: culprit.comm },
      victim: victim && { pid: victim.pid, comm: victim.comm },
      netns,
      waitNs: (percent) => scene.waitNs(percent),
      [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
    }
  } catch (error) {
    await scene[Symbol.asyncDispose]()
    throw error
  }
}
