import type { ConnectionEvent } from '../model/connection-event.ts'
import type { PacketEvent } from '../model/packet-event.ts'
import type { PickupSample } from '../model/pickup-sample.ts'
import type { SendSample } from '../model/send-sample.ts'
import type { Incidents } from '../track/incidents.ts'
import { slowSamplesOf } from '../track/slow-samples.ts'
import type { WatchSinks } from './watch.ts'

/** The same sinks, and what took longer than that or failed goes to the incidents as well. */
export function keepingIncidents(sinks: WatchSinks, incidents: Incidents, overNs: number): WatchSinks {
  const keep = (event: ConnectionEvent | PacketEvent | PickupSample | SendSample): void => {
    for (const sample of slowSamplesOf(event, overNs)) incidents.add(sample, event.connectionId ?? 0)
  }
  return {
    ...sinks,
    onConnection: (event) => {
      sinks.onConnection?.(event)
      keep(event)
    },
    onPickup: (sample) => {
      sinks.onPickup?.(sample)
      keep(sample)
    },
    onSend: (sample) => {
      sinks.onSend?.(sample)
      keep(sample)
    },
    onPacket: (event) => {
      sinks.onPacket?.(event)
      keep(event)
    },
    onHistory: (history) => {
      sinks.onHistory?.(history)
      incidents.addHistory(history)
    },
    onLedger: (ledger) => {
      sinks.onLedger?.(ledger)
      incidents.addLedger(ledger)
    },
  }
}
