import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { folderPrefix, owner } from './owner.ts'
import { Program } from './program.ts'

/** By set-up for the tests, from npm. */
const packageFolder = fileURLToPath(new URL('../build/chdb/node_modules/chdb', import.meta.url))
const program = fileURLToPath(new URL('newer-clickhouse-server.ts', import.meta.url))

/**
 * The engine of a newer ClickHouse than Debian's, alone, on loopback: its parser, settings, tables and functions are the real ones, the
 * HTTP before it is the lab's. No users, no cluster.
 */
export class NewerClickhouse implements AsyncDisposable {
  readonly #folder: string
  readonly #port: number
  #program: Program | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
  }

  /** Ready when it returns. @throws Error where set-up has not brought it */
  static async start(): Promise<NewerClickhouse> {
    if (!existsSync(packageFolder)) throw new Error(`${packageFolder} is not there: node scripts/setup.mjs --test`)
    const server = new NewerClickhouse(mkdtempSync(join(tmpdir(), `${folderPrefix}${owner()}-`)), await freePort())
    try {
      await server.#start()
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    return server
  }

  async #start(): Promise<void> {
    const command = [process.execPath, program, packageFolder, this.#folder, String(this.#port)]
    this.#program = Program.start({ pid: process.pid }, command)
    await this.#program.until(() => this.#isReady())
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await this.query('SELECT 1')) === '1\n'
    } catch {
      return false
    }
  }

  /** As `--store` takes it. */
  storeUrl(database: string, options = ''): string {
    return `clickhouse://anybody:any@127.0.0.1:${this.#port}/${database}${options}`
  }

  /** @throws Error with what it says */
  async query(sql: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/`, { method: 'POST', body: sql })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
