import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../lab/free-port.ts'
import { folderPrefix, owner } from '../../lab/owner.ts'
import { Program } from '../../lab/program.ts'

/** Debian's prometheus. */
const program = '/usr/bin/prometheus'

/** A Prometheus of its own on loopback, which scrapes what its configuration says. */
export class Prometheus implements AsyncDisposable {
  readonly #folder: string
  readonly #port: number
  #program: Program | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
  }

  /** Ready when it returns. @param config as prometheus.yml has it */
  static async start(config: unknown): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${owner()}-`))
    const server = new Prometheus(folder, await freePort())
    // JSON is YAML.
    writeFileSync(server.configFile, JSON.stringify(config))
    server.#program = Program.start({ pid: process.pid }, [
      program,
      `--config.file=${server.configFile}`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${server.#port}`,
      '--log.level=error',
    ])
    try {
      await server.#program.until(() => server.#isReady())
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    return server
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get configFile(): string {
    return join(this.#folder, 'prometheus.yml')
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
