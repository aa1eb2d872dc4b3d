import type { FleetComparison, FleetMember, Outlier } from '../model/fleet.ts'

/** Where to look closer. */
interface Hint {
  commands: readonly string[]
  here: string | undefined
  url: string | undefined
}

/**
 * `kind: outlier` for each that is out of line, the farthest first; `kind: member` for every host or service; `kind: fleet`
 * last.
 */
export function fleetJson(
  { reading, outliers, norms }: FleetComparison,
  hintOf: (outlier: Outlier) => Hint,
): Record<string, unknown>[] {
  const { by, source, members, warnings, spanMs } = reading
  const timeUnixNs = String(BigInt(reading.unixMs) * 1_000_000n)
  return [
    ...outliers.map((outlier) => {
      const { member, sentence, measure, value, norm, score } = outlier
      const { commands, here, url } = hintOf(outlier)
      return {
        kind: 'outlier',
        timeUnixNs,
        [by]: member.name,
        status: member.status,
        sentence,
        measure,
        value,
        median: norm?.median,
        mad: norm?.mad,
        score: measure === undefined ? undefined : score,
        commands,
        here,
        url,
      }
    }),
    ...members.map((member) => ({ kind: 'member', timeUnixNs, ...memberJson(member, by) })),
    {
      kind: 'fleet',
      timeUnixNs,
      by,
      source,
      spanMs,
      members: members.length,
      reporting: members.filter(({ status }) => status === 'reporting').length,
      outliers: outliers.length,
      norms: Object.fromEntries(
        norms.map(({ measure, median, mad, members: count, isTooFew }) => [
          measure,
          { median, mad, members: count, ...(isTooFew ? { tooFew: true } : {}) },
        ]),
      ),
      warnings,
    },
  ]
}

function memberJson({ name, status, lastUnixMs, values, causes }: FleetMember, by: string): Record<string, unknown> {
  return {
    [by]: name,
    status,
    lastUnixNs: lastUnixMs === undefined ? undefined : String(BigInt(Math.round(lastUnixMs)) * 1_000_000n),
    values,
    causes: causes.length > 0 ? causes : undefined,
  }
}
