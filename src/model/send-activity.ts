import type { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import type { EdgeProcess } from './edge.ts'

/** What the send calls are summed up by. */
export type SendGrouping = 'process' | 'service'

/** The send calls of a process, or of a service, over one protocol, in some span of time. */
export interface SendActivity {
  /** Undefined: of a service, or of all that found no room in the kernel's table. */
  process: EdgeProcess | undefined
  /** Undefined: of all that found no room. */
  service: string | undefined
  protocol: 'tcp' | 'udp'
  processCount: number
  /** Time in each call: copying and waiting. */
  histogram: LogLinearHistogram
  /** Of that, waiting for send-buffer space. */
  blockedNs: number
  bytes: number
  /** Calls that took nothing (EAGAIN). */
  wouldBlocks: number
  /** Calls that waited while the peer's window was closed. */
  zeroWindows: number
}

/** Names what the activity is of, the same in every window. */
export function sendActivityKey({ process, service, protocol }: SendActivity): string {
  return process ? `${process.pid} ${process.startNs} ${protocol}` : `${service ?? ''} ${protocol}`
}

/** Share of the send time that was waiting for send-buffer space, 0 to 1. */
export function blockedShare({ blockedNs, histogram }: SendActivity): number {
  return histogram.sumNs > 0 ? Math.min(1, blockedNs / histogram.sumNs) : 0
}

/** For a sentence: `nginx (pid 812)`, `nginx`, `syslogd (udp)`. */
export function sendSubjectText({ process, service, protocol }: SendActivity): string {
  const details = [...(process ? [`pid ${process.pid}`] : []), ...(protocol === 'udp' ? ['udp'] : [])]
  return `${service ?? '(others)'}${details.length > 0 ? ` (${details.join(', ')})` : ''}`
}

/** `1 call`, `12 calls`. */
export function callsText({ histogram: { count } }: SendActivity): string {
  return `${count} ${count === 1 ? 'call' : 'calls'}`
}
