import type { ExpositionFormat } from '../export/prometheus.ts'

/** What of an Accept header is wanted, by its weight from 0 to 1. */
function weights(header: string): { type: string; weight: number }[] {
  return header.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1)
    return { type, weight: Number.isFinite(weight) ? weight : 0 }
  })
}

function weightOf(header: string, types: readonly string[]): number {
  return Math.max(0, ...weights(header).flatMap(({ type, weight }) => (types.includes(type) ? weight : [])))
}

/** Which format a scrape wants: OpenMetrics only where it is asked for by name, and nothing else rather. */
export function acceptedFormat(accept = ''): ExpositionFormat {
  const openMetrics = weightOf(accept, ['application/openmetrics-text'])
  return openMetrics > 0 && openMetrics >= weightOf(accept, ['text/plain', 'text/*']) ? 'openmetrics' : 'text'
}

/** Whether an Accept-Encoding header takes gzip. */
export function acceptsGzip(acceptEncoding = ''): boolean {
  return weightOf(acceptEncoding, ['gzip', 'x-gzip']) > 0
}
