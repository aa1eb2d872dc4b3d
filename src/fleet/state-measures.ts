import type { FleetMeasure } from '../model/fleet.ts'

/** By the name of a state; LISTEN and CLOSE are compared with nothing. */
export const stateMeasures: Readonly<Record<string, FleetMeasure>> = {
  ESTABLISHED: 'established',
  SYN_SENT: 'synSent',
  SYN_RECV: 'synRecv',
  FIN_WAIT1: 'finWait1',
  FIN_WAIT2: 'finWait2',
  TIME_WAIT: 'timeWait',
  CLOSE_WAIT: 'closeWait',
  LAST_ACK: 'lastAck',
  CLOSING: 'closing',
}
