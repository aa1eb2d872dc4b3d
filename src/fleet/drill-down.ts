import type { FleetReading, Outlier } from '../model/fleet.ts'
import { measureTraits } from './measures.ts'

/** How to look closer at one that is out of line. */
export interface DrillDown {
  /** Where the commands are to be run: `edge-07`, or the hosts of a service. */
  where: string
  /** What is the matter now first, then what was. */
  commands: readonly string[]
  /** What says it right here, from the records of all hosts; undefined: there are none. */
  here: string | undefined
  /** A dashboard; undefined without a Grafana. */
  url: string | undefined
}

/**
 * @param grafana where Grafana is, with wirelag's dashboards (deploy/)
 */
export function drillDownOf(
  { member, measure }: Outlier,
  { by, kind, source, unixMs, spanMs }: FleetReading,
  grafana: URL | undefined,
): DrillDown {
  const where = by === 'host' ? member.name : 'its hosts'
  const url = grafana && dashboardUrl(grafana, by, member.name, unixMs, spanMs)
  const past = `wirelag why --last ${spanText(spanMs)}`
  const name = shellWord(member.name)
  const selected = by === 'service' ? `--service ${name}` : `--on ${name}`
  const here = kind === 'records' ? `${past} ${selected} --store ${shellWord(source)}` : undefined
  if (measure === undefined) return { where, commands: ['systemctl status wirelag'], here, url }
  const shown = `wirelag ${measureTraits[measure].command}`
  const own = by === 'service' ? `${shown} --service ${name}` : shown
  return { where, commands: own === 'wirelag why' ? [past] : [own, past], here, url }
}

function dashboardUrl(grafana: URL, by: FleetReading['by'], name: string, unixMs: number, spanMs: number): string {
  const url = new URL(grafana)
  const folder = url.pathname.replace(/\/$/, '')
  url.pathname = `${folder}/d/wirelag-${by}`
  url.searchParams.set(`var-${by}`, name)
  url.searchParams.set('from', String(unixMs - spanMs))
  url.searchParams.set('to', String(unixMs))
  return url.href
}

/** As parseDurationNs takes it. */
function spanText(spanMs: number): string {
  const seconds = Math.round(spanMs / 1000)
  return seconds % 3600 === 0 ? `${seconds / 3600}h` : seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
}

/** Safe to be pasted into a shell: names come from others. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
