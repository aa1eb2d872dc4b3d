import { cpuTicks } from '../host/cpu-time.ts'
import type { ServiceRule } from '../identity/identities.ts'
import type { Filter } from '../model/filter.ts'
import type { SocketState, StateRow } from '../model/socket-state.ts'
import { HostSurvey } from './host-survey.ts'
import type { Snapshot } from './observer.ts'
import { StateSurveyor } from './state-survey.ts'

/** Takes the facts of the host and the states of its sockets, of one moment. */
export class Snapshots {
  readonly #host = HostSurvey.create()
  readonly #states: StateSurveyor

  /** @throws OperatorError where the kernel does not let it */
  constructor(filter: Filter, serviceOf?: ServiceRule) {
    this.#states = new StateSurveyor({ by: 'owner', filter, serviceOf, oldest: 0 })
  }

  async take(): Promise<Snapshot> {
    const { rows } = await this.#states.survey()
    return { survey: await this.#host.take(), cpu: cpuTicks(), states: rows.flatMap((row) => countsOf(row)) }
  }

  close(): void {
    this.#states.close()
  }
}

function countsOf({ subject, states, mainPeers }: StateRow): Snapshot['states'] {
  return Object.entries(states).map(([name, now]) => {
    const peer = mainPeers?.[name as SocketState]
    return {
      state: name,
      owner: subject.process,
      netns: subject.netns ?? 0,
      peer: peer && { address: peer.address, port: peer.port ?? 0 },
      now,
    }
  })
}
