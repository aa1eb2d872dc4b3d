import { gzipSync } from 'node:zlib'
import { encodeMetrics } from '../../src/export/otlp/metrics-request.ts'
import { renderPrometheus } from '../../src/export/prometheus.ts'
import { HostSurvey } from '../../src/pipeline/host-survey.ts'
import { PlausibleHost } from './plausible-host.ts'

/** What one host's metrics take each time they leave it. */
export interface PageBytes {
  series: number
  text: number
  textGzip: number
  otlp: number
  otlpGzip: number
}

/** After ten minutes of a host. */
export async function measurePageBytes(): Promise<PageBytes> {
  const host = new PlausibleHost('edge-00001', 1)
  const survey = HostSurvey.create()
  for (let minute = 10; minute > 0; minute--) host.pass(Date.now() - minute * 60_000, 60, await survey.take())
  const page = renderPrometheus(host.snapshot, 'text')
  const otlp = encodeMetrics(host.snapshot, { resource: { 'host.name': 'edge-00001' }, version: '0.1.0' })
  return {
    series: page.match(/^[^#]/gm)?.length ?? 0,
    text: Buffer.byteLength(page),
    textGzip: gzipSync(page).length,
    otlp: otlp.length,
    otlpGzip: gzipSync(otlp).length,
  }
}
