import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import type { Exemplar, MetricFamily, MetricLabels, MetricPoint, MetricSnapshot } from '../model/metric.ts'
import { bucketEdgeTexts, cumulativeCounts, edgeIndexOf } from './prometheus-buckets.ts'

/** `text`: 0.0.4. `openmetrics`: 1.0, which has exemplars. */
export type ExpositionFormat = 'text' | 'openmetrics'

export const expositionContentTypes: Record<ExpositionFormat, string> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** What OpenMetrics allows the labels of an exemplar, names included. */
const maxExemplarCharacters = 128

/** The metrics as Prometheus scrapes them. Labels without a value are left out: to Prometheus that is the same. */
export function renderPrometheus({ families }: MetricSnapshot, format: ExpositionFormat): string {
  const parts: string[] = []
  for (const family of families) {
    if (family.points.length === 0) continue
    parts.push(headerOf(family, format))
    for (const point of family.points) parts.push(pointText(family.name, point, format))
  }
  if (format === 'openmetrics') parts.push('# EOF\n')
  return parts.join('')
}

function headerOf({ name, help, type }: MetricFamily, format: ExpositionFormat): string {
  if (format === 'text') return `# HELP ${name} ${escapedHelp(help, format)}\n# TYPE ${name} ${type}\n`
  // A counter's family goes without the end that its samples have.
  const family = type === 'counter' ? name.replace(/_total$/, '') : name
  const unit = /_(seconds|bytes)$/.exec(family)?.[1]
  return `# TYPE ${family} ${type}\n${unit ? `# UNIT ${family} ${unit}\n` : ''}# HELP ${family} ${escapedHelp(help, format)}\n`
}

function pointText(name: string, point: MetricPoint, format: ExpositionFormat): string {
  const labels = labelsText(point.labels)
  const { value } = point
  if (value instanceof LogLinearHistogram) return histogramText(name, labels, value, exemplarsOf(point, format))
  return `${name}${labels && `{${labels}}`} ${numberText(value)}\n`
}

function histogramText(
  name: string,
  labels: string,
  histogram: LogLinearHistogram,
  exemplars: readonly (string | undefined)[],
): string {
  const head = `${name}_bucket{${labels}${labels && ','}le="`
  const braced = labels && `{${labels}}`
  let text = ''
  const counts = cumulativeCounts(histogram)
  for (let i = 0; i < counts.length; i++) text += `${head}${bucketEdgeTexts[i]}"} ${counts[i]}${exemplars[i] ?? ''}\n`
  return `${text}${name}_sum${braced} ${histogram.sumNs / 1e9}\n${name}_count${braced} ${histogram.count}\n`
}

const none: readonly string[] = []

/** By the bucket that their sample was counted in; the last of each. */
function exemplarsOf({ exemplars }: MetricPoint, format: ExpositionFormat): readonly (string | undefined)[] {
  if (format !== 'openmetrics' || !exemplars?.length) return none
  const texts: string[] = []
  for (const exemplar of exemplars) {
    const text = exemplarText(exemplar)
    if (text !== undefined) texts[edgeIndexOf(exemplar.valueNs)] = text
  }
  return texts
}

function exemplarText({ incidentId, valueNs, unixMs }: Exemplar): string | undefined {
  if ('incident_id'.length + incidentId.length > maxExemplarCharacters) return undefined
  return ` # {incident_id="${escapedLabel(incidentId)}"} ${valueNs / 1e9} ${unixMs / 1e3}`
}

/** A series keeps its labels, so their text is made once. */
const labelTexts = new WeakMap<MetricLabels, string>()

function labelsText(labels: MetricLabels): string {
  let text = labelTexts.get(labels)
  if (text === undefined) {
    text = Object.entries(labels)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}="${escapedLabel(value)}"`)
      .join(',')
    labelTexts.set(labels, text)
  }
  return text
}

function escapedLabel(value: string): string {
  return value.toWellFormed().replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))
}

function escapedHelp(help: string, format: ExpositionFormat): string {
  const text = help.replace(/[\\\n]/g, (character) => (character === '\n' ? '\\n' : '\\\\'))
  return format === 'openmetrics' ? text.replaceAll('"', '\\"') : text
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
