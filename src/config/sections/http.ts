import { z } from 'zod'
import { httpHeaders, httpUrl } from './http-values.ts'
import { durationNs } from './values.ts'

/** Where the agent learns the p95 of HTTP services, which it records beside what it sees itself. */
export const http = z.strictObject({
  prometheus: httpUrl,
  /** Sent to it. */
  headers: httpHeaders.optional(),
  /** Gives seconds by service; absent: of the common histograms, those that are there. */
  query: z.string().min(1).optional(),
  /** What each p95 is of: the time until then. */
  window: durationNs.optional(),
})
