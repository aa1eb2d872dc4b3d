import { cpuTicks } from '../host/cpu-time.ts'
import type { ServiceRule } from '../identity/identities.ts'
import type { Filter } from '../model/filter.ts'
import { HostSurvey } from './host-survey.ts'
import type { Snapshot } from './observer.ts'
import { ownedStates, StateSurveyor } from './state-survey.ts'

/** Takes the facts of the host and the states of its sockets, of one moment. */
export class Snapshots {
  readonly #host = HostSurvey.create()
  readonly #states: StateSurveyor

  /** @throws OperatorError where the kernel does not let it */
  constructor(filter: Filter, serviceOf?: ServiceRule) {
    this.#states = new StateSurveyor({ by: 'owner', filter, serviceOf, oldest: 0 })
  }

  async take(): Promise<Snapshot> {
    const states = ownedStates(await this.#states.survey())
    return { survey: await this.#host.take(), cpu: cpuTicks(), states }
  }

  close(): void {
    this.#states.close()
  }
}
