import { acceptQueueOverflow, slowAccept } from './accept-queues.ts'
import { nagleDelayedAck, pathQueueing, sendBufferSmall, zeroWindow } from './blocked-senders.ts'
import { cpuStarvation, periodicSpike } from './busy-hosts.ts'
import { closeWaitLeak, noPooling, portExhaustion, synFlood, timeWaitStorm } from './connection-habits.ts'
import { connectionRefused, conntrackFull, synFiltered } from './failing-connects.ts'
import type { Fault } from './fault.ts'
import { diskFull, memoryPressure } from './full-hosts.ts'
import { localDrop, packetLoss } from './lost-packets.ts'
import { slowReaderAsleep, slowReaderBusy, slowReaderNoCpu, slowReaderThrottled } from './slow-readers.ts'

/** All faults. */
export const faults: readonly Fault[] = [
  slowReaderBusy,
  slowReaderAsleep,
  slowReaderNoCpu,
  slowReaderThrottled,
  slowAccept,
  acceptQueueOverflow,
  synFiltered,
  connectionRefused,
  packetLoss,
  localDrop,
  conntrackFull,
  zeroWindow,
  sendBufferSmall,
  nagleDelayedAck,
  pathQueueing,
  closeWaitLeak,
  timeWaitStorm,
  portExhaustion,
  noPooling,
  synFlood,
  cpuStarvation,
  memoryPressure,
  diskFull,
  periodicSpike,
]

/** The fault of that name. */
export function faultOf(name: string): Fault | undefined {
  return faults.find((fault) => fault.name === name)
}
