export type SignalName = 'pending' | 'connect' | 'accept' | 'close' | 'pickup'

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
