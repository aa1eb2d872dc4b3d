import type { Diagnosis } from '../model/finding.ts'
import { identityJson } from './identity-json.ts'

/** `kind: diagnosis`: what is the matter, the weightiest first, and what it is not. */
export function diagnosisJson(
  { findings, ruledOut, unjudged }: Diagnosis,
  spanNs: number,
  unixNs: bigint,
): Record<string, unknown> {
  return {
    kind: 'diagnosis',
    timeUnixNs: String(unixNs),
    windowMs: spanNs / 1e6,
    findings: findings.map(({ cause, culprit, sentence, evidence, confidence, confirm, advice }) => ({
      cause,
      sentence,
      confidence,
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
