import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { folderPrefix, owner } from './owner.ts'
import { Program } from './program.ts'

/** By set-up for the tests, from Debian's sid. */
const program = fileURLToPath(new URL('../build/victoria-metrics/usr/bin/victoria-metrics', import.meta.url))

/** A series at one moment, as the Prometheus API tells it. */
export interface InstantSample {
  metric: Record<string, string>
  value: number
}

/**
 * A VictoriaMetrics of its own, single node, on loopback: takes scrapes, Prometheus' remote write and OTLP
 * (`/opentelemetry/v1/metrics`, protobuf, told under Prometheus' names), and answers PromQL.
 */
export class VictoriaMetrics implements AsyncDisposable {
  readonly #folder: string
  readonly #port: number
  readonly #flags: readonly string[]
  #program: Program | undefined

  private constructor(folder: string, port: number, flags: readonly string[]) {
    this.#folder = folder
    this.#port = port
    this.#flags = flags
  }

  /** Ready when it returns. @throws Error where set-up has not brought it */
  static async start(flags: readonly string[] = []): Promise<VictoriaMetrics> {
    if (!existsSync(program)) throw new Error(`${program} is not there: node scripts/setup.mjs --test`)
    const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${owner()}-`))
    const store = new VictoriaMetrics(folder, await freePort(), flags)
    try {
      await store.startAgain()
    } catch (error) {
      await store[Symbol.asyncDispose]()
      throw error
    }
    return store
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** As a crash would; what it has is still there when it starts again, but for the last seconds. */
  async kill(): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]()
    this.#program = undefined
  }

  /** On the same port, with what it had. */
  async startAgain(): Promise<void> {
    const command = [
      program,
      `-httpListenAddr=127.0.0.1:${this.#port}`,
      `-storageDataPath=${this.#folder}`,
      '-loggerLevel=ERROR',
      '-loggerOutput=stdout',
      '-memory.allowedBytes=128MB',
      '-opentelemetry.usePrometheusNaming',
      '-search.latencyOffset=0s',
      ...this.#flags,
    ]
    this.#program = Program.start({ pid: process.pid }, command)
    await this.#program.until(() => this.#isReady())
  }

  async #isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/health`)
      await response.body?.cancel()
      return response.ok
    } catch {
      return false
    }
  }

  /** What an instant query gives now, with all that has come in until now. */
  async query(promql: string): Promise<InstantSample[]> {
    await (await fetch(`${this.url}/internal/force_flush`)).body?.cancel()
    const url = `${this.url}/api/v1/query?nocache=1&query=${encodeURIComponent(promql)}`
    const response = await fetch(url)
    if (!response.ok) throw new Error(`${promql}: HTTP ${response.status}: ${await response.text()}`)
    const { data } = (await response.json()) as InstantAnswer
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

interface InstantAnswer {
  data: { result: { metric: Record<string, string>; value: [unixSeconds: number, value: string] }[] }
}
