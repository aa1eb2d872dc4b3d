import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { renderPrometheus } from '../../src/export/prometheus.ts'
import { HostSurvey } from '../../src/pipeline/host-survey.ts'
import { PlausibleHost } from './plausible-host.ts'

/** So many hosts differ; the others have the figures of one of them, and a name of their own. */
export const variants = 20
const nameMark = 'host-name-mark'

/** A page before and after the host's name. Parts are packed alone: gzip may be concatenated. */
interface Page {
  before: Buffer
  after: Buffer
}

/** `/host/N/metrics` of many hosts, whose counters grow with each interval. */
export class FleetPages implements AsyncDisposable {
  readonly #server: Server
  readonly #hosts = Array.from({ length: variants }, (_, i) => new PlausibleHost(nameMark, i + 1))
  readonly #intervalSeconds: number
  readonly #survey = HostSurvey.create()
  #pages: readonly Page[] = []
  #timer: NodeJS.Timeout | undefined
  servedBytes = 0
  served = 0

  private constructor(intervalSeconds: number) {
    this.#intervalSeconds = intervalSeconds
    this.#server = createServer((request, response) => {
      const host = Number(/^\/host\/(\d+)\/metrics$/.exec(request.url ?? '')?.[1])
      const page = this.#pages[host % variants]
      if (!page) return void response.writeHead(404).end()
      const body = Buffer.concat([page.before, gzipSync(hostName(host)), page.after])
      this.served++
      this.servedBytes += body.length
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'content-encoding': 'gzip' }).end(body)
    })
  }

  static async start(intervalSeconds: number): Promise<FleetPages> {
    const fleet = new FleetPages(intervalSeconds)
    await fleet.#renew()
    fleet.#timer = setInterval(() => void fleet.#renew(), intervalSeconds * 1000)
    await new Promise<void>((resolve) => fleet.#server.listen(0, '127.0.0.1', resolve))
    return fleet
  }

  async #renew(): Promise<void> {
    const survey = await this.#survey.take()
    this.#pages = this.#hosts.map((host) => {
      host.pass(Date.now(), this.#intervalSeconds, survey)
      const [before = '', after = ''] = renderPrometheus(host.snapshot, 'text').split(nameMark)
      return { before: gzipSync(before), after: gzipSync(after) }
    })
  }

  /** A scrape job of so many hosts, all of which are here. */
  scrapeJob(hosts: number): Record<string, unknown> {
    return {
      job_name: 'wirelag',
      static_configs: [{ targets: Array.from({ length: hosts }, (_, i) => `${hostName(i)}:9474`) }],
      relabel_configs: [
        { source_labels: ['__address__'], target_label: 'instance' },
        {
          source_labels: ['__address__'],
          regex: 'edge-0*(\\d+):9474',
          replacement: '/host/$1/metrics',
          target_label: '__metrics_path__',
        },
        { target_label: '__address__', replacement: `127.0.0.1:${(this.#server.address() as AddressInfo).port}` },
      ],
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function hostName(i: number): string {
  return `edge-${String(i).padStart(5, '0')}`
}
