/** Everything that books are kept of. */
export const signalNames = [
  'pending',
  'connect',
  'accept',
  'close',
  'pickup',
  'send',
  'udpPickup',
  'udpSend',
  'retransmit',
  'reset',
  'drop',
  'ledger',
  'state',
  'history',
] as const

export type SignalName = (typeof signalNames)[number]

/** What became of every event of one signal: attempted = delivered + lost + filtered + invalid, exactly. */
export interface Book {
  signal: SignalName
  attempted: number
  delivered: number
  /** The ring was full, or the kernel skipped the program because it was already running on that CPU. */
  lost: number
  filtered: number
  /** Without a sensible value: never shown. */
  invalid: number
}
