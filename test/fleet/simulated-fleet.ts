import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

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
const edgesS = [0.001, 0.005, 0.04, 0.08, 0.2, 0.3, 1, 3, 7]
/** Of send calls that each scrape sees more. */
const callsByScrape = 100

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
      // As agents have services of their own, their label is not pushed aside.
      honor_labels: true,
    }
  }

  #metricsOf({ name, timeWait, sendP95Ms, findings }: SimulatedHost): string {
    const scrapes = (this.#scrapes.get(name) ?? 0) + 1
    this.#scrapes.set(name, scrapes)
    const share = Math.floor(timeWait / services.length)
    const states = services.flatMap((service, i) => [
      sample('wirelag_tcp_connections', { service, state: 'ESTABLISHED' }, 20),
      sample('wirelag_tcp_connections', { service, state: 'LISTEN' }, 1),
      sample('wirelag_tcp_connections', { service, state: 'CLOSE_WAIT' }, service === 'mail' ? 40 : 0),
      sample('wirelag_tcp_connections', { service, state: 'TIME_WAIT' }, i === 0 ? timeWait - share * 4 : share),
    ])
    return [
      '# TYPE wirelag_tcp_connections gauge',
      ...states,
      '# TYPE wirelag_probe_status gauge',
      sample('wirelag_probe_status', { signal: 'send', hook: 'tp_btf' }, 1),
      '# TYPE wirelag_tcp_send_block_duration_seconds histogram',
      ...services.flatMap((service) => sendHistogram(service, sendP95Ms / 1000, scrapes * callsByScrape)),
      '# TYPE wirelag_conntrack_entries gauge',
      sample('wirelag_conntrack_entries', {}, 26_214),
      '# TYPE wirelag_conntrack_entries_limit gauge',
      sample('wirelag_conntrack_entries_limit', {}, 262_144),
      '# TYPE wirelag_tcp_retransmits_total counter',
      ...services.map((service) => sample('wirelag_tcp_retransmits_total', { service, type: 'tlp' }, scrapes)),
      ...findings.map((cause) => sample('wirelag_findings', { cause, service: 'cart' }, 1)),
      '',
    ].join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** Of 100 calls 95 took at most the p95, and more than the edge before it. */
function sendHistogram(service: string, p95S: number, calls: number): string[] {
  const name = 'wirelag_tcp_send_block_duration_seconds'
  const slow = (calls * 95) / 100
  const buckets = edgesS.map((edge) =>
    sample(`${name}_bucket`, { service, le: String(edge) }, edge < p95S ? 0 : edge === p95S ? slow : calls),
  )
  return [
    ...buckets,
    sample(`${name}_bucket`, { service, le: '+Inf' }, calls),
    sample(`${name}_sum`, { service }, calls * p95S),
    sample(`${name}_count`, { service }, calls),
  ]
}

function sample(name: string, labels: Record<string, string>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`)
  return `${name}{${pairs.join(',')}} ${value}`
}
