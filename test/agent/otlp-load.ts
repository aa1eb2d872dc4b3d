// What OTLP costs a process: `otlp-load.ts PROTOCOL HEALTHY-URL FAULTY-URL…`, run with --expose-gc. Sends to a receiver that
// takes all, then to each of those that do not, and prints what that took as JSON.
import { createServer } from 'node:http'
import { readdirSync, readlinkSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { MetricFamily, MetricPoint } from '../../src/model/metric.ts'
import type { OtlpSink } from '../../src/pipeline/otlp-sink.ts'
import { histogramOf, slowPickup } from './otlp-examples.ts'

export interface LoadReport {
  /** Without OTLP, after exports that arrived, and after very many more of them. */
  idleBytes: number
  usualBytes: number
  healthyBytes: number
  faults: { url: string; rssBytes: number; sockets: number; droppedMetrics: number; droppedLogs: number }[]
  unhandled: string[]
  /** Encoding a snapshot. */
  encodeMs: number
  requestBytes: number
  maxLoopDelayMs: number
}

const exportsWanted = 3
const healthyRounds = 4
const dropsFaulty = 3
/** More than may wait. */
const incidentsMany = 4000
/** Of some seconds in which much happens. */
const incidentsUsual = 60

const [protocol = '', healthyUrl = '', ...faultyUrls] = process.argv.slice(2)
const unhandled: string[] = []
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)))
// The agent has it anyway, for /metrics.
createServer().unref()

/** As many series as the budget of Prometheus allows: 100 histograms of 17, 300 others. */
const families: MetricFamily[] = [
  {
    name: 'wirelag_tcp_receive_pickup_duration_seconds',
    otelName: 'wirelag.tcp.receive_pickup.duration',
    help: 'Pickups.',
    unit: 's',
    type: 'histogram',
    points: pointsOf(100, () => histogramOf(Array.from({ length: 200 }, (_, i) => 2e3 * 1.08 ** i))),
  },
  {
    name: 'wirelag_tcp_sent_bytes_total',
    otelName: 'wirelag.tcp.sent',
    help: 'Bytes.',
    unit: 'By',
    type: 'counter',
    points: pointsOf(300, (i) => i),
  },
]

function pointsOf(count: number, valueOf: (i: number) => MetricPoint['value']): MetricPoint[] {
  return Array.from({ length: count }, (_, i) => ({
    labels: { service: `service-${i}`, container: `shop-service-${i}-1`, peer_service: 'port:5432', role: 'client' },
    value: valueOf(i),
  }))
}

function rssBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}

function openSockets(): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return targets.filter((target) => target.startsWith('socket:')).length
}

// As the agent has it without OTLP.
await import('../../src/config/config.ts')
await delay(500)
const idleBytes = rssBytes()
const socketsBefore = openSockets()
const { startSink, secondOf } = await import('./otlp-sinks.ts')
const snapshot = (): { unixMs: number; startUnixMs: number; host: string; families: MetricFamily[] } => {
  taken++
  return { unixMs: Date.now(), startUnixMs: 0, host: 'edge-07', families }
}
let taken = 0

/** The same load, whatever the receiver does. */
async function round(url: string, { count, isFaulty }: { count: number; isFaulty: boolean }): Promise<OtlpSink> {
  const sink = await startSink({ endpoint: url, protocol, timeout: '500ms' }, { snapshot })
  for (let i = 0; i < count; i++) sink.onSecond(secondOf([slowPickup]))
  const end = taken + exportsWanted
  for (let isOver = false; !isOver; isOver = isFaulty ? sink.droppedExports.metrics >= dropsFaulty : taken >= end)
    await delay(50)
  return sink
}

const loop = monitorEventLoopDelay({ resolution: 5 })
await (await round(healthyUrl, { count: incidentsUsual, isFaulty: false })).close()
const usualBytes = rssBytes()
for (let i = 0; i < healthyRounds; i++)
  await (await round(healthyUrl, { count: incidentsMany, isFaulty: false })).close()
const healthyBytes = rssBytes()

loop.enable()
const faults: LoadReport['faults'] = []
for (const url of faultyUrls) {
  const sink = await round(url, { count: incidentsMany, isFaulty: true })
  const { metrics: droppedMetrics, logs: droppedLogs } = sink.droppedExports
  faults.push({ url, rssBytes: rssBytes(), sockets: openSockets() - socketsBefore, droppedMetrics, droppedLogs })
  await sink.close()
}
loop.disable()

const { encodeMetrics } = await import('../../src/export/otlp/metrics-request.ts')
const beginMs = performance.now()
const requestBytes = encodeMetrics(snapshot(), { resource: {}, version: '1.2.3' }).length
const encodeMs = performance.now() - beginMs
const report: LoadReport = {
  idleBytes,
  usualBytes,
  healthyBytes,
  faults,
  unhandled,
  encodeMs,
  requestBytes,
  maxLoopDelayMs: loop.max / 1e6,
}
process.stdout.write(`${JSON.stringify(report)}\n`)
