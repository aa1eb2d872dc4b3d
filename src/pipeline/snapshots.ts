import { cpuTicks } from '../host/cpu-time.ts'
import type { ServiceRule } from '../identity/identities.ts'
import type { Filter } from '../model/filter.ts'
import type { Survey } from '../model/host-facts.ts'
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
    const states = await this.states()
    return { survey: await this.survey(), cpu: cpuTicks(), states }
  }

  async states(): Promise<Snapshot['states']> {
    return ownedStates(await this.#states.survey())
  }

  survey(): Promise<Survey> {
    return this.#host.take()
  }

  close(): void {
    this.#states.close()
  }
}
