import { formatDuration } from '../../lib/duration.ts'
import type { Finding } from '../../model/finding.ts'
import type { OtlpLogRecord } from './log-record.ts'
import { ownerAttributes } from './owner-attributes.ts'

/** What became of a finding. */
interface FindingNews {
  change: 'found' | 'over'
  finding: Finding
  sinceUnixMs: number
}

/** `wirelag.finding.begin` (a warning) when a cause appears, `wirelag.finding.end` (information) when it is gone. */
export function findingLog({ change, finding, sinceUnixMs }: FindingNews, unixMs: number): OtlpLogRecord {
  const isOver = change === 'over'
  const { cause, culprit, sentence, confidence, evidence, confirm, advice } = finding
  return {
    unixNs: BigInt(Math.round(unixMs)) * 1_000_000n,
    severity: isOver ? 'INFO' : 'WARN',
    eventName: isOver ? 'wirelag.finding.end' : 'wirelag.finding.begin',
    body: isOver ? `over after ${formatDuration((unixMs - sinceUnixMs) * 1e6)}: ${sentence}` : sentence,
    attributes: {
      'wirelag.cause': cause,
      'wirelag.since': new Date(sinceUnixMs).toISOString(),
      'wirelag.confidence_percent': Math.round(confidence * 100),
      'wirelag.evidence': evidence,
      'wirelag.confirm': confirm,
      'wirelag.advice': advice,
      ...ownerAttributes(culprit),
    },
  }
}
