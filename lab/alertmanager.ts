import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { folderPrefix, owner } from './owner.ts'
import { Program } from './program.ts'

/** Of Debian's package. */
const program = '/usr/bin/prometheus-alertmanager'

/** As Alertmanager's API tells an alert that is not over. */
export interface AlertmanagerAlert {
  labels: Record<string, string>
  annotations: Record<string, string>
  startsAt: string
  endsAt: string
  status: { state: 'unprocessed' | 'active' | 'suppressed' }
}

/** An Alertmanager of its own on loopback, which groups by name and sends what it gets on to a webhook. */
export class Alertmanager implements AsyncDisposable {
  readonly #folder: string
  readonly #port: number
  #program: Program | undefined

  private constructor(folder: string, port: number, hookUrl: string) {
    this.#folder = folder
    this.#port = port
    const times = { group_wait: '1s', group_interval: '1s', repeat_interval: '1h' }
    const config = {
      route: { receiver: 'hook', group_by: ['alertname'], ...times },
      receivers: [{ name: 'hook', webhook_configs: [{ url: hookUrl, send_resolved: true }] }],
    }
    // JSON is YAML.
    writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify(config))
  }

  /** Its address is known then; it does not run yet. @throws Error where it is not installed */
  static async prepare(hookUrl: string): Promise<Alertmanager> {
    if (!existsSync(program)) throw new Error(`${program} is not there: node scripts/setup.mjs --test`)
    const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${owner()}-`))
    return new Alertmanager(folder, await freePort(), hookUrl)
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Ready when it returns. @throws Error where it does not start */
  async start(): Promise<void> {
    this.#program = Program.start({ pid: process.pid }, [
      program,
      `--config.file=${join(this.#folder, 'alertmanager.yml')}`,
      `--storage.path=${join(this.#folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${this.#port}`,
      '--cluster.listen-address=',
      '--log.level=error',
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

  /** Those that fire. */
  async alerts(): Promise<AlertmanagerAlert[]> {
    const response = await fetch(`${this.url}/api/v2/alerts`)
    return (await response.json()) as AlertmanagerAlert[]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]()
    this.#program = undefined
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
