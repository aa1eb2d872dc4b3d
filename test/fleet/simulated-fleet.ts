import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { renderPrometheus } from '../../src/export/prometheus.ts'
import { bucketOf, LogLinearHistogram } from '../../src/histogram/log-linear-histogram.ts'
import type { MetricFamily, MetricPoint } from '../../src/model/metric.ts'
import { edgeMetrics, familyOf, hostMetrics } from '../../src/pipeline/metrics/metric-definitions.ts'

/** What a simulated host says of itself. */
export interface SimulatedHost {
  name: string
  /** Sockets of all its services together. */
  timeWait: number
  sendP95Ms: 5 | 80
  /** `down`: it answers with 503. `silent`: it answers, and says nothing of wirelag. */
  status: 'up' | 'down' | 'silent'
  /** Causes of its findings. */
  findings: readonly string[]
}

const services = ['cart', 'checkout', 'mail', 'pay', 'search']

/**
 * Send calls that each scrape sees more, by how long they took: of 300 the 285th is where Prometheus sees the p95: at 5 ms,
 * the end of its bucket, or after two thirds of the 45 that took 40 to 100 ms.
 */
const callsByScrape = {
  5: [
    [4e6, 285],
    [9e6, 15],
  ],
  80: [
    [4e6, 255],
    [80e6, 45],
  ],
} as const

/** Hosts of a fleet, whose `/metrics` are served by this process under a path for each. */
export class SimulatedFleet implements AsyncDisposable {
  readonly hosts: readonly SimulatedHost[]
  readonly #server: Server
  readonly #scrapes = new Map<string, number>()

  private constructor(hosts: readonly SimulatedHost[]) {
    this.hosts = hosts
    this.#server = createServer((request, response) => {
      const host = hosts.find(({ name }) => request.url === `/${name}/metrics`)
      if (!host || host.status === 'down') return void response.writeHead(503).end()
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
      response.end(host.status === 'silent' ? '# nothing\n' : this.#metricsOf(host))
    })
  }

  static async start(hosts: readonly SimulatedHost[]): Promise<SimulatedFleet> {
    const fleet = new SimulatedFleet(hosts)
    await new Promise<void>((resolve) => fleet.#server.listen(0, '127.0.0.1', resolve))
    return fleet
  }

  /** For prometheus.yml: the targets go by the hosts' names, and are all here. */
  get scrapeConfig(): Record<string, unknown> {
    return {
      job_name: 'wirelag',
      scrape_interval: '500ms',
      scrape_timeout: '500ms',
      static_configs: [{ targets: this.hosts.map(({ name }) => `${name}:9474`) }],
      relabel_configs: [
        { source_labels: ['__address__'], target_label: 'instance' },
        {
          source_labels: ['__address__'],
          regex: '(.+):9474',
          replacement: '/$1/metrics',
          target_label: '__metrics_path__',
        },
        { target_label: '__address__', replacement: `127.0.0.1:${(this.#server.address() as AddressInfo).port}` },
      ],
    }
  }

  /** As an agent tells it. */
  #metricsOf({ name, timeWait, sendP95Ms, findings }: SimulatedHost): string {
    const scrapes = (this.#scrapes.get(name) ?? 0) + 1
    this.#scrapes.set(name, scrapes)
    const share = Math.floor(timeWait / services.length)
    const states = services.flatMap((service, i) => [
      point({ service, state: 'ESTABLISHED' }, 20),
      point({ service, state: 'LISTEN' }, 1),
      point({ service, state: 'CLOSE_WAIT' }, service === 'mail' ? 40 : 0),
      point({ service, state: 'TIME_WAIT' }, i === 0 ? timeWait - share * 4 : share),
    ])
    const sends = new LogLinearHistogram()
    for (const [ns, calls] of callsByScrape[sendP95Ms]) {
      sends.addCount(bucketOf(ns), calls * scrapes)
      sends.sumNs += ns * calls * scrapes
    }
    const families: MetricFamily[] = [
      familyOf(hostMetrics.buildInfo, [point({ version: '0.1.0', host: name, node: 'v24', kernel: '6.18' }, 1)]),
      familyOf(edgeMetrics.tcpConnections, states),
      familyOf(
        edgeMetrics.tcpSendBlock,
        services.map((service) => point({ service, peer_service: 'external', role: 'server' }, sends)),
      ),
      familyOf(
        edgeMetrics.tcpRetransmits,
        services.map((service) => point({ service, type: 'tlp' }, scrapes)),
      ),
      familyOf(hostMetrics.conntrackEntries, [point({ netns: 'host' }, 26_214), point({ netns: 'other' }, 7)]),
      familyOf(hostMetrics.conntrackLimit, [point({ netns: 'host' }, 262_144), point({ netns: 'other' }, 262_144)]),
      familyOf(
        hostMetrics.findings,
        findings.map((cause) => point({ cause }, 1)),
      ),
    ]
    return renderPrometheus({ unixMs: Date.now(), startUnixMs: 0, host: name, families }, 'text')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function point(labels: MetricPoint['labels'], value: MetricPoint['value']): MetricPoint {
  return { labels, value }
}
