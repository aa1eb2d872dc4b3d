import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { folderPrefix, owner } from './owner.ts'
import { Program } from './program.ts'
import type { InstantSample } from './victoria-metrics.ts'

/** Of Debian's package. */
const program = '/usr/bin/prometheus'
const promtool = '/usr/bin/promtool'

/** What it scrapes and judges. */
export interface PrometheusOptions {
  /** `127.0.0.1:9474`, with further labels where they are wanted. */
  targets: readonly (string | { address: string; labels: Record<string, string> })[]
  /** Of scrapes and rules; default 200. */
  intervalMs?: number
  /** Rule groups, as a rules file has them below `groups`. */
  ruleGroups?: readonly unknown[]
  /** Addresses of Alertmanagers. */
  alertmanagers?: readonly string[]
  /** Addresses of others whose series it tells as well. */
  remoteReads?: readonly string[]
  /** Further fields of the one scrape job, such as `params`. */
  scrape?: Readonly<Record<string, unknown>>
  flags?: readonly string[]
}

/** An alert that is pending or fires. */
export interface PrometheusAlert {
  state: 'pending' | 'firing'
  labels: Record<string, string>
  annotations: Record<string, string>
  value: string
}

/** An exemplar of a series, as it was scraped. */
export interface ScrapedExemplar {
  seriesLabels: Record<string, string>
  labels: Record<string, string>
  value: number
  unixSeconds: number
}

/** A Prometheus of its own on loopback, which keeps exemplars and takes remote writes. */
export class Prometheus implements AsyncDisposable {
  readonly #folder: string
  readonly #port: number
  #program: Program | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
  }

  /** Ready when it returns. @throws Error where it is not installed, or does not start */
  static async start(options: PrometheusOptions): Promise<Prometheus> {
    if (!existsSync(program)) throw new Error(`${program} is not there: node scripts/setup.mjs --test`)
    const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${owner()}-`))
    const prometheus = new Prometheus(folder, await freePort())
    try {
      await prometheus.#start(options)
    } catch (error) {
      await prometheus[Symbol.asyncDispose]()
      throw error
    }
    return prometheus
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async #start(options: PrometheusOptions): Promise<void> {
    const { flags = [], ruleGroups = [] } = options
    // JSON is YAML.
    writeFileSync(join(this.#folder, 'rules.yml'), JSON.stringify({ groups: ruleGroups }))
    writeFileSync(join(this.#folder, 'prometheus.yml'), JSON.stringify(configOf(options)))
    this.#program = Program.start({ pid: process.pid }, [
      program,
      `--config.file=${join(this.#folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(this.#folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${this.#port}`,
      '--web.enable-remote-write-receiver',
      '--enable-feature=exemplar-storage',
      '--log.level=error',
      ...flags,
    ])
    await this.#program.until(() => this.#isReady())
  }

  async #isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/-/ready`)
      await response.body?.cancel()
      return response.ok
    } catch {
      return false
    }
  }

  /** What an instant query of a vector gives now. @throws Error with what it says of a query that is wrong */
  async query(promql: string): Promise<InstantSample[]> {
    const { result } = (await this.#api(`query?query=${encodeURIComponent(promql)}`)) as {
      result: { metric: Record<string, string>; value: [unixSeconds: number, value: string] }[]
    }
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
  }

  /** Exemplars of the series that a query names, of the last hour. */
  async exemplars(promql: string): Promise<ScrapedExemplar[]> {
    const nowSeconds = Date.now() / 1000
    const range = `start=${nowSeconds - 3600}&end=${nowSeconds + 60}`
    const series = (await this.#api(`query_exemplars?query=${encodeURIComponent(promql)}&${range}`)) as {
      seriesLabels: Record<string, string>
      exemplars: { labels: Record<string, string>; value: string; timestamp: number }[]
    }[]
    return series.flatMap(({ seriesLabels, exemplars }) =>
      exemplars.map(({ labels, value, timestamp }) => ({
        seriesLabels,
        labels,
        value: Number(value),
        unixSeconds: timestamp,
      })),
    )
  }

  /** Alerts of the rules that are pending or fire. */
  async alerts(): Promise<PrometheusAlert[]> {
    const { alerts } = (await this.#api('alerts')) as { alerts: PrometheusAlert[] }
    return alerts
  }

  /** Of each target: whether its last scrape went well, and what was the matter. */
  async targets(): Promise<{ address: string; health: 'up' | 'down' | 'unknown'; lastError: string }[]> {
    const { activeTargets } = (await this.#api('targets?state=active')) as {
      activeTargets: { labels: { instance: string }; health: 'up' | 'down' | 'unknown'; lastError: string }[]
    }
    return activeTargets.map(({ labels, health, lastError }) => ({ address: labels.instance, health, lastError }))
  }

  async #api(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${path}`)
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}: ${await response.text()}`)
    return ((await response.json()) as { data: unknown }).data
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]()
    this.#program = undefined
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function configOf({
  targets,
  intervalMs = 200,
  alertmanagers = [],
  remoteReads = [],
  scrape = {},
}: PrometheusOptions): Record<string, unknown> {
  const interval = `${intervalMs}ms`
  const staticConfigs = targets.map((target) =>
    typeof target === 'string' ? { targets: [target] } : { targets: [target.address], labels: target.labels },
  )
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: ['rules.yml'],
    scrape_configs: [{ job_name: 'wirelag', static_configs: staticConfigs, ...scrape }],
    remote_read: remoteReads.map((url) => ({ url: `${url}/api/v1/read`, read_recent: true })),
    alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
  }
}

/**
 * What `promtool` says, such as of `check metrics` or `check rules FILE`.
 *
 * @param input for it to read
 */
export function runPromtool(args: readonly string[], input = ''): { exitCode: number; output: string } {
  const { status, stdout, stderr, error } = spawnSync(promtool, args, { input, encoding: 'utf8' })
  if (error) throw error
  return { exitCode: status ?? -1, output: `${stdout}${stderr}` }
}
