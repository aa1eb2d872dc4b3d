import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { VictoriaMetrics } from '../../lab/victoria-metrics.ts'
import { FleetPages } from './fleet-pages.ts'
import { sampleSums, sumOf } from './sample-sums.ts'

const wirelag = fileURLToPath(new URL('../../bin/wirelag', import.meta.url))
const run = promisify(execFile)

export interface FleetRun {
  hosts: number
  intervalSeconds: number
  /** In which every series is met for the first time; not in the figures. */
  warmUpSeconds: number
  measuredSeconds: number
  rounds: number
}

/** What a store did and took. */
export interface FleetFigures {
  activeSeries: number
  hostsUp: number
  failedScrapes: number
  samplesPerSecond: number
  /** Of one CPU. */
  cpuShare: number
  rssBytes: number
  samples: number
  dataBytes: number
  indexBytes: number
  /** What the pages came as. */
  wireBytesPerScrape: number
  queries: { name: string; timesMs: number[] }[]
}

const window = '1m'
const p95 = (by: string): string =>
  `histogram_quantile(0.95, sum by (${by}) (rate(wirelag_tcp_send_block_duration_seconds_bucket[${window}])))`

/** As the dashboards and rules ask, with a window that this short a run can fill. */
const questions = [
  { name: 'p95 of send over all hosts, by service (recording rule)', promql: p95('namespace, service, le') },
  { name: 'p95 of send over all hosts (fleet dashboard)', promql: p95('le') },
  {
    name: 'sockets by instance and state (recording rule)',
    promql: 'sum by (instance, state) (wirelag_tcp_connections)',
  },
] as const

/** A VictoriaMetrics that scrapes a fleet, and is asked. */
export async function measureScrapedFleet(options: FleetRun): Promise<FleetFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-scale-'))
  try {
    await using pages = await FleetPages.start(options.intervalSeconds)
    const config = join(folder, 'scrape.yml')
    const interval = `${options.intervalSeconds}s`
    // JSON is YAML.
    writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: interval, scrape_timeout: interval },
        scrape_configs: [pages.scrapeJob(options.hosts)],
      }),
    )
    await using store = await VictoriaMetrics.start([
      `-promscrape.config=${config}`,
      '-memory.allowedBytes=4GB',
      '-search.maxUniqueTimeseries=5000000',
      '-search.maxQueryDuration=120s',
    ])
    return await figuresOf(store, pages, options)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function figuresOf(store: VictoriaMetrics, pages: FleetPages, options: FleetRun): Promise<FleetFigures> {
  await delay(options.warmUpSeconds * 1000)
  const [before, beforeMs] = [await sumsOf(store), performance.now()]
  await delay(options.measuredSeconds * 1000)
  const [after, afterMs] = [await sumsOf(store), performance.now()]
  const seconds = (afterMs - beforeMs) / 1000
  const rose = (name: string, labels = ''): number => sumOf(after, name, labels) - sumOf(before, name, labels)
  const upHosts = await store.query('sum(up)')
  const asked = await asking(store, options.rounds)
  const held = await sumsOf(store)
  return {
    activeSeries: (await store.query('sum(scrape_samples_scraped)'))[0]?.value ?? 0,
    hostsUp: upHosts[0]?.value ?? 0,
    failedScrapes:
      sumOf(held, 'vm_promscrape_scrapes_failed_total') + sumOf(held, 'vm_promscrape_scrapes_timed_out_total'),
    samplesPerSecond: rose('vm_rows_inserted_total', 'type="promscrape"') / seconds,
    cpuShare: rose('process_cpu_seconds_total') / seconds,
    rssBytes: sumOf(after, 'process_resident_memory_bytes'),
    samples: sumOf(held, 'vm_rows', 'type="storage/'),
    dataBytes: sumOf(held, 'vm_data_size_bytes', 'type="storage/'),
    indexBytes: sumOf(held, 'vm_data_size_bytes', 'type="indexdb/'),
    wireBytesPerScrape: pages.servedBytes / pages.served,
    queries: asked,
  }
}

async function sumsOf(store: VictoriaMetrics): Promise<ReturnType<typeof sampleSums>> {
  return sampleSums(await (await fetch(`${store.url}/metrics`)).text())
}

async function asking(store: VictoriaMetrics, rounds: number): Promise<FleetFigures['queries']> {
  const asked = []
  for (const { name, promql } of questions) {
    const timesMs = await times(rounds, async () => {
      const answer = await fetch(`${store.url}/api/v1/query?nocache=1&query=${encodeURIComponent(promql)}`)
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${promql}: ${text}`)
    })
    asked.push({ name, timesMs })
  }
  const fleet = ['fleet', '--prometheus', store.url, '--json']
  const timesMs = await times(rounds, async () => {
    try {
      await run(wirelag, fleet, { maxBuffer: 2 ** 26 })
    } catch (error) {
      // Outliers are told by the exit code.
      if ((error as { stdout?: string }).stdout?.includes('"kind"') !== true) throw error
    }
  })
  return [...asked, { name: '`wirelag fleet --prometheus`, all of it', timesMs }]
}

async function times(rounds: number, act: () => Promise<void>): Promise<number[]> {
  const timesMs = []
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now()
    await act()
    timesMs.push(performance.now() - startMs)
  }
  return timesMs
}
