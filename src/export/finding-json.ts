import type { Diagnosis } from '../model/finding.ts'
import { identityJson } from './identity-json.ts'

/**
 * `kind: diagnosis`: what is the matter, the weightiest first, and what it is not.
 *
 * @param startUnixMs from when the times of findings count; undefined: they are not told
 */
export function diagnosisJson(
  { findings, ruledOut, unjudged }: Diagnosis,
  spanNs: number,
  unixNs: bigint,
  startUnixMs?: number,
): Record<string, unknown> {
  return {
    kind: 'diagnosis',
    timeUnixNs: String(unixNs),
    windowMs: spanNs / 1e6,
    findings: findings.map(({ cause, culprit, sentence, sinceNs, evidence, confidence, confirm, advice }) => ({
      cause,
      sentence,
      confidence,
      sinceUnixNs: sinceUnixNs(sinceNs, startUnixMs),
      pid: culprit?.pid,
      comm: culprit?.comm,
      ...identityJson(culprit?.identity),
      evidence,
      confirm,
      advice,
    })),
    ruledOut,
    unjudged,
  }
}

function sinceUnixNs(sinceNs: number | undefined, startUnixMs: number | undefined): string | undefined {
  if (sinceNs === undefined || startUnixMs === undefined) return undefined
  return String(BigInt(Math.round(startUnixMs)) * 1_000_000n + BigInt(Math.round(sinceNs)))
}
