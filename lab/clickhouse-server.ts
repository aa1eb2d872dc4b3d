import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { folderPrefix, owner } from './owner.ts'
import { Program } from './program.ts'

/** Of Debian's package. */
const program = '/usr/sbin/clickhouse-server'

/** Who tests connect as; the password is dear to URLs. */
export const clickhouseUser = { name: 'recorder', password: `s3cret:/@?'\\` }

/** Where a server listens, on 127.0.0.1. */
export interface ClickhousePorts {
  http: number
  tcp: number
  interserver: number
}

export async function freeClickhousePorts(): Promise<ClickhousePorts> {
  const [http, tcp, interserver] = [await freePort(), await freePort(), await freePort()]
  return { http, tcp, interserver }
}

/** A ClickHouse of its own on loopback. It ends with this process. */
export class ClickhouseServer implements AsyncDisposable {
  readonly ports: ClickhousePorts
  readonly #folder: string
  #program: Program | undefined

  private constructor(folder: string, ports: ClickhousePorts) {
    this.#folder = folder
    this.ports = ports
  }

  /**
   * It does not run yet.
   *
   * @param sections more of config.xml: the cluster that it is part of
   * @throws Error where it is not installed
   */
  static prepare(ports: ClickhousePorts, sections = ''): ClickhouseServer {
    if (!existsSync(program)) throw new Error(`${program} is not there: node scripts/setup.mjs --test`)
    const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${owner()}-`))
    for (const name of ['data', 'tmp']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'config.xml'), configXml(folder, ports, sections))
    writeFileSync(join(folder, 'users.xml'), usersXml)
    return new ClickhouseServer(folder, ports)
  }

  /** One that stands alone; ready when it returns. */
  static async startAlone(): Promise<ClickhouseServer> {
    const server = ClickhouseServer.prepare(await freeClickhousePorts())
    try {
      await server.start()
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    return server
  }

  /** As `--store` takes it. */
  storeUrl(database: string, options = ''): string {
    const { name, password } = clickhouseUser
    return `clickhouse://${name}:${encodeURIComponent(password)}@127.0.0.1:${this.ports.http}/${database}${options}`
  }

  /** Ready when it returns, with what it held when it was killed. @throws Error where it does not start */
  async start(): Promise<void> {
    // It tells on the standard error where it logs.
    const quiet = ['sh', '-c', 'exec "$@" 2>>"$0"', join(this.#folder, 'stderr')]
    const command = [...quiet, program, `--config-file=${join(this.#folder, 'config.xml')}`]
    this.#program = Program.start({ pid: process.pid }, command)
    await this.#program.until(() => this.#isReady())
  }

  get pid(): number {
    if (!this.#program) throw new Error('it does not run')
    return this.#program.pid
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await this.query('SELECT 1')) === '1\n'
    } catch {
      return false
    }
  }

  /** As the user who may do everything. @throws Error with what the server says */
  async query(sql: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.ports.http}/`, { method: 'POST', body: sql })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text
  }

  /** At once, as if the power went: by SIGKILL. */
  async kill(): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]()
    this.#program = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function configXml(folder: string, ports: ClickhousePorts, sections: string): string {
  return `<?xml version="1.0"?>
<yandex>
  <logger><level>error</level><log>${folder}/server.log</log><errorlog>${folder}/errors.log</errorlog></logger>
  <http_port>${ports.http}</http_port>
  <tcp_port>${ports.tcp}</tcp_port>
  <interserver_http_port>${ports.interserver}</interserver_http_port>
  <interserver_http_host>127.0.0.1</interserver_http_host>
  <listen_host>127.0.0.1</listen_host>
  <max_connections>256</max_connections>
  <mark_cache_size>16777216</mark_cache_size>
  <path>${folder}/data/</path>
  <tmp_path>${folder}/tmp/</tmp_path>
  <users_config>${folder}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <timezone>UTC</timezone>
  ${sections}
</yandex>
`
}

const loopback = '<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>'
const usersXml = `<?xml version="1.0"?>
<yandex>
  <profiles><default><max_memory_usage>1000000000</max_memory_usage></default></profiles>
  <users>
    <default><password></password>${loopback}</default>
    <${clickhouseUser.name}><password>${clickhouseUser.password}</password>${loopback}</${clickhouseUser.name}>
  </users>
  <quotas><default></default></quotas>
</yandex>
`
