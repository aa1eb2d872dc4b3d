import { formatBytes } from '../../src/lib/byte-size.ts'
import { spread, type Table } from '../table.ts'
import type { HistoryBytes } from './history-bytes.ts'
import { largerFleet } from './larger-fleet.ts'
import type { PageBytes } from './page-bytes.ts'
import { hostShape } from './plausible-host.ts'
import type { FleetFigures, FleetRun } from './scraped-fleet.ts'

const hoursPerDay = 24
const largeFleetHosts = 10_000

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

export function pageTable({ series, text, textGzip, otlp, otlpGzip }: PageBytes): Table {
  return {
    title: 'Metrics of one host',
    method: `${hostShape.services} services in containers, ${hostShape.edges} edges (of each service one as server, two as client), the default budget of series, after ten simulated minutes; without the few series of sinks (recorder, OTLP, alerts).`,
    header: ['what', 'figure'],
    rows: [
      ['series', count(series)],
      ['`/metrics`, text', formatBytes(text)],
      ['`/metrics`, gzip', formatBytes(textGzip)],
      ['OTLP metrics, protobuf', formatBytes(otlp)],
      ['OTLP metrics, protobuf, gzip', formatBytes(otlpGzip)],
    ],
  }
}

/** Of a day at the end of which all of it is still in steps of 10 s, and of a whole week as it is rolled up. */
export function historyTable(hourBytes: HistoryBytes): Table {
  const { recordsPerStep, fine, minutes, tenMinutes, clickhouse } = hourBytes
  const firstDay = 12 * (fine + minutes)
  const laterDay = hoursPerDay * tenMinutes
  return {
    title: 'History of one host',
    method:
      'The same host, one hour of steps of 10 s, written to a SQLite and to a ClickHouse 18.16 that are really there; the same hour rolled up. Days are 24 such hours: arithmetic. Times are by chance, which packs worse than those of a real host, and nothing goes wrong on it: no incidents, failures, findings.',
    header: ['what', 'figure'],
    rows: [
      ['records a step', count(recordsPerStep)],
      ['SQLite, an hour in steps of 10 s', formatBytes(fine)],
      ['SQLite, an hour in steps of 1 min', formatBytes(minutes)],
      ['SQLite, an hour in steps of 10 min', formatBytes(tenMinutes)],
      ['ClickHouse, an hour in steps of 10 s, after merges', formatBytes(clickhouse.fine)],
      ['ClickHouse, an hour in steps of 10 min, after merges', formatBytes(clickhouse.tenMinutes)],
      ['SQLite, the last day (12 h of 10 s, 12 h of 1 min): arithmetic', formatBytes(firstDay)],
      ['SQLite, each day before it (10 min): arithmetic', formatBytes(laterDay)],
      ['SQLite, the default 7 days: arithmetic', formatBytes(firstDay + 6 * laterDay)],
      ['ClickHouse, a day of 10 s: arithmetic', formatBytes(hoursPerDay * clickhouse.fine)],
      ['ClickHouse, the default 7 days (2 of 10 s at the most): arithmetic', formatBytes(clickhouseWeek(clickhouse))],
    ],
  }
}

function clickhouseWeek({ fine, tenMinutes }: HistoryBytes['clickhouse']): number {
  return hoursPerDay * (2 * fine + 7 * tenMinutes)
}

export function fleetTable(
  { hosts, intervalSeconds, warmUpSeconds, measuredSeconds, rounds }: FleetRun,
  figures: FleetFigures,
): Table {
  return {
    title: `${count(hosts)} hosts, scraped`,
    method: `A real VictoriaMetrics (single node, Debian sid's) scrapes ${count(hosts)} paths of one node:http process each ${intervalSeconds} s over loopback, gzip, with all series that the hosts have. 20 hosts differ; the others repeat their values under names of their own. ${measuredSeconds} s, after ${warmUpSeconds} s in which it meets every series for the first time. Questions: ${rounds} times one after the other while scraping goes on, nothing cached, rates over 1 min. Samples/s are counted in that time; series ÷ interval would be the full rate, and less means that scrapes came late.`,
    header: ['what', 'figure'],
    rows: [
      ['hosts that were up at the end', count(figures.hostsUp)],
      ['failed scrapes, from the start', count(figures.failedScrapes)],
      ['active series', count(figures.activeSeries)],
      ['samples/s ingested', count(figures.samplesPerSecond)],
      ['bytes of a scrape on the wire', formatBytes(Math.round(figures.wireBytesPerScrape))],
      ['CPU of the store', `${figures.cpuShare.toFixed(2)} of one CPU`],
      ['memory of the store (RSS)', formatBytes(figures.rssBytes)],
      ['samples on the disk', count(figures.samples)],
      ['bytes a sample, without the index', (figures.dataBytes / figures.samples).toFixed(2)],
      ['index', formatBytes(figures.indexBytes)],
      ...figures.queries.map(({ name, timesMs }) => [name, `${spread(timesMs, 0)} ms`]),
    ],
  }
}

export function largerFleetTable(run: FleetRun, figures: FleetFigures, history: HistoryBytes): Table {
  const measured = { ...figures, hosts: run.hosts, bytesPerSample: figures.dataBytes / figures.samples }
  const row = (name: string, intervalSeconds: number, seriesShare: number): string[] => {
    const fleet = largerFleet(measured, largeFleetHosts, intervalSeconds, seriesShare)
    return [
      name,
      count(fleet.activeSeries),
      count(fleet.samplesPerSecond),
      fleet.cpus.toFixed(1),
      formatBytes(fleet.rssBytes),
      formatBytes(fleet.diskBytesPerDay),
    ]
  }
  return {
    title: `${count(largeFleetHosts)} hosts: arithmetic, not measured`,
    method: `The figures above, as if CPU grew with samples, memory with series, and disk with samples. Such a short run has not seen large merges, churn of series, nor dashboards of many readers: leave at least half of each free. Bytes a sample are of minutes, some 17 samples a series, before large merges: an upper bound for the disk. ClickHouse: ${formatBytes(largeFleetHosts * clickhouseWeek(history.clickhouse))} for the default 7 days, ${count((largeFleetHosts * history.recordsPerStep) / 10)} records/s in ${count(largeFleetHosts / 10)} inserts/s, times the replicas.`,
    header: ['scrapes', 'active series', 'samples/s', 'CPUs', 'memory', 'disk a day'],
    rows: [
      row('each 15 s', 15, 1),
      row('each 30 s', 30, 1),
      row('each 60 s', 60, 1),
      row('each 30 s, half the series (a smaller budget)', 30, 0.5),
    ],
  }
}
