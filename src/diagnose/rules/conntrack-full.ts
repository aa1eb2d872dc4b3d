import type { Finding } from '../../model/finding.ts'
import type { ConntrackCounters, NamespaceFacts } from '../../model/host-facts.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { percentText } from '../words.ts'

const nearShare = 0.9

/** A connection tracking table at its limit, or one that cannot take flows in: packets of new connections are dropped. */
export const conntrackFull: Rule = ({ namespaces, spanNs }) => {
  const findings = namespaces.flatMap(({ before, now }): Finding[] => {
    if (!now.conntrack) return []
    const { count, max } = now.conntrack
    const lost = since(before, now)
    const isNear = max > 0 && count / max >= nearShare
    const dropped = lost ? lost.drop + lost.insertFailed + lost.chainTooLong : 0
    if (!isNear && dropped === 0 && !lost?.earlyDrop) return []
    if (!isNear && dropped === 0) return []
    return [
      {
        cause: 'conntrack-full',
        culprit: undefined,
        sentence: isNear
          ? `The connection tracking table of network namespace ${now.netns} is ${percentText(count / max)} full: packets of new connections are dropped.`
          : `Connection tracking in network namespace ${now.netns} drops packets of new connections.`,
        sinceNs: undefined,
        evidence: [
          `${count} of ${max} flows (nf_conntrack_count, nf_conntrack_max)`,
          ...(lost
            ? [
                `in ${(spanNs / 1e9).toFixed(0)} s ${lost.drop} packets were dropped, ${lost.insertFailed} flows were not entered, ${lost.earlyDrop} were removed to make room`,
              ]
            : []),
        ],
        confidence: dropped > 0 ? 0.99 : 0.85,
        weight: dropped > 0 ? 0.95 : 0.6,
        confirm: 'conntrack -S; sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max',
        advice:
          'Raise net.netfilter.nf_conntrack_max (and hashsize), shorten timeouts, or do not track what needs no tracking (notrack).',
      },
    ]
  })
  if (findings.length > 0) return { findings, ruledOut: [] }
  const fullest = Math.max(
    0,
    ...namespaces.map(({ now }) => (now.conntrack?.max ? now.conntrack.count / now.conntrack.max : 0)),
  )
  return ruledOut(
    'conntrack-full',
    `connection tracking is ${percentText(fullest)} full at the most, and dropped nothing`,
  )
}

function since(before: NamespaceFacts | undefined, now: NamespaceFacts): ConntrackCounters | undefined {
  const [first, last] = [before?.conntrack?.counters, now.conntrack?.counters]
  if (!first || !last) return undefined
  return Object.fromEntries(
    Object.entries(last).map(([name, value]) => [name, Math.max(0, value - first[name as keyof ConntrackCounters])]),
  ) as unknown as ConntrackCounters
}
