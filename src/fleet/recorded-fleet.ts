import { OperatorError } from '../lib/operator-error.ts'
import type { FleetReading } from '../model/fleet.ts'
import type { Store } from '../store/store.ts'
import type { FleetWishes } from './prometheus-fleet.ts'

export async function recordedFleet(_store: Store, source: string, _wishes: FleetWishes): Promise<FleetReading> {
  throw new OperatorError('WIRELAG_STORE', `${source}: a fleet cannot be read from records yet`)
}
