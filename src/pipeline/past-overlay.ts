import type { OverlayReport } from '../diagnose/overlay-findings.ts'
import type { RecordKind } from '../model/record.ts'
import { recordedSteps } from '../store/recorded-steps.ts'
import type { Store } from '../store/store.ts'
import { overlayReport } from './overlay-series.ts'

/** Series are of these. */
const kinds: readonly RecordKind[] = ['span', 'edge', 'states', 'host', 'namespace']
/** Of a shorter time too little is known of how things move. */
const leastMs = 20 * 60_000

export interface PastOverlay extends OverlayReport {
  /** What was looked at, which may be longer than what was asked for. */
  fromUnixMs: number
  toUnixMs: number
}

/**
 * What moved with the p95 of HTTP services on a host: in a time, and before and after it if it is short. Undefined where nothing
 * is recorded of HTTP.
 *
 * @throws OperatorError where the store cannot be read
 */
export async function pastOverlay(
  store: Store,
  host: string,
  window: { fromUnixMs: number; toUnixMs: number },
): Promise<PastOverlay | undefined> {
  const missingMs = Math.max(0, leastMs - (window.toUnixMs - window.fromUnixMs))
  const looked = { fromUnixMs: window.fromUnixMs - missingMs / 2, toUnixMs: window.toUnixMs + missingMs / 2 }
  const common = { ...looked, hosts: [host] }
  const http = await store.read({ ...common, kinds: ['http'] })
  if (http.length === 0) return undefined
  const steps = recordedSteps(await store.read({ ...common, kinds }))
  const report = overlayReport(steps, http)
  return report && { ...report, ...looked }
}
