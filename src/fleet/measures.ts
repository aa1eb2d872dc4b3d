import { fleetMeasures, type FleetMeasure } from '../model/fleet.ts'

/** How a measure is compared and shown. */
export interface MeasureTraits {
  /** In sentences. */
  title: string
  /** Of its column. */
  heading: string
  unit: 'count' | 'ms' | 'share' | 'perS'
  /**
   * The deviation from the median that is usual at the least, however alike the fleet is: so nobody is out of line by what
   * does not matter.
   */
  leastDeviation: number
  /** Far below the median is out of line as well. */
  isLowWorthTelling?: true
  /** `wirelag` and these arguments show it on the host. */
  command: string
}

const seconds = (title: string, heading: string, leastDeviation: number, command: string): MeasureTraits => ({
  title,
  heading,
  unit: 'ms',
  leastDeviation,
  command,
})

const state = (name: string): MeasureTraits => ({
  title: name,
  heading: name,
  unit: 'count',
  leastDeviation: 10,
  command: `states --by service --state ${name.toLowerCase().replaceAll('_', '-')}`,
})

const rate = (title: string, heading: string, leastDeviation: number, command: string): MeasureTraits => ({
  title,
  heading,
  unit: 'perS',
  leastDeviation,
  command,
})

export const measureTraits: Readonly<Record<FleetMeasure, MeasureTraits>> = {
  established: { ...state('ESTABLISHED'), isLowWorthTelling: true },
  synSent: state('SYN_SENT'),
  synRecv: state('SYN_RECV'),
  finWait1: state('FIN_WAIT1'),
  finWait2: state('FIN_WAIT2'),
  timeWait: state('TIME_WAIT'),
  closeWait: state('CLOSE_WAIT'),
  lastAck: state('LAST_ACK'),
  closing: state('CLOSING'),
  handshakeP95Ms: seconds('connect p95', 'CONNECT_MS', 1, 'trace --slow 100ms'),
  acceptQueueP95Ms: seconds('accept queue p95', 'ACCEPTQ_MS', 1, 'states --by listener'),
  sendP95Ms: seconds('send p95', 'SEND_MS', 0.5, 'send --by service'),
  pickupP95Ms: seconds('pickup p95', 'PICKUP_MS', 0.5, 'top --by service'),
  rttP95Ms: seconds('round trip p95', 'RTT_MS', 2, 'top --by edge'),
  conntrackShare: {
    title: 'conntrack table',
    heading: 'CONNTRACK_%',
    unit: 'share',
    leastDeviation: 0.05,
    command: 'why',
  },
  conntrackInsertFailedPerS: rate('conntrack insertions failed', 'CT_FAILED/S', 0.05, 'why'),
  retransmitsPerS: rate('retransmits', 'RETR/S', 1, 'trace --packets'),
  failuresPerS: rate('failed connects', 'FAIL/S', 0.2, 'trace'),
  resetsPerS: rate('resets', 'RESET/S', 1, 'trace --packets'),
  listenOverflowsPerS: rate('listen overflows', 'OVERFLOW/S', 0.02, 'states --by listener'),
  findings: { title: 'findings', heading: 'FINDINGS', unit: 'count', leastDeviation: 0.25, command: 'why' },
  lostPerS: rate('events that wirelag lost', 'LOST/S', 1, 'doctor'),
}

/** `23,014`, `80.0 ms`, `93 %`, `0.52/s`. */
export function measureText(measure: FleetMeasure, value: number): string {
  switch (measureTraits[measure].unit) {
    case 'count':
      return countText(value)
    case 'ms':
      return `${plainNumber(value)} ms`
    case 'share':
      return `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`
    case 'perS':
      return `${plainNumber(value)}/s`
  }
}

/** Of sockets a whole number, but where a median lies between two. */
function countText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 })
}

/** Three digits at least where it has any, never rounded to nothing. */
function plainNumber(value: number): string {
  if (value === 0) return '0'
  if (value < 0.001) return '<0.001'
  if (value < 0.9995) return value.toFixed(3)
  if (value < 9.995) return value.toFixed(2)
  if (value < 999.5) return value.toFixed(1)
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
}

/** What is counted, and is there of others, is 0 where it is not: states without sockets, errors that never came. */
export function fillZeros(members: readonly { values: Partial<Record<FleetMeasure, number>> }[]): void {
  for (const measure of fleetMeasures) {
    const { unit } = measureTraits[measure]
    if (unit !== 'count' && unit !== 'perS') continue
    if (members.some(({ values }) => values[measure] !== undefined))
      for (const { values } of members) values[measure] ??= 0
  }
}
