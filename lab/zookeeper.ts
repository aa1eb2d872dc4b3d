import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { folderPrefix, owner } from './owner.ts'
import { Program } from './program.ts'

/** Of Debian's package. */
const jar = '/usr/share/java/zookeeper.jar'

/** A ZooKeeper of its own on loopback. It ends with this process. */
export class Zookeeper implements AsyncDisposable {
  readonly #folder: string
  readonly port: number
  #program: Program | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.port = port
  }

  /** Ready when it returns. @throws Error where it is not installed, or does not start */
  static async start(): Promise<Zookeeper> {
    if (!existsSync(jar)) throw new Error(`${jar} is not there: node scripts/setup.mjs --test`)
    const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${owner()}-`))
    const zookeeper = new Zookeeper(folder, await freePort())
    try {
      await zookeeper.#start()
    } catch (error) {
      await zookeeper[Symbol.asyncDispose]()
      throw error
    }
    return zookeeper
  }

  async #start(): Promise<void> {
    const settings = {
      dataDir: this.#folder,
      clientPort: this.port,
      clientPortAddress: '127.0.0.1',
      tickTime: 500,
      maxClientCnxns: 0,
      'admin.enableServer': false,
      '4lw.commands.whitelist': 'ruok',
    }
    const text = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    const file = join(this.#folder, 'zoo.cfg')
    writeFileSync(file, text.join(''))
    this.#program = Program.start({ pid: process.pid }, [
      // Its logger tells on the standard error that it is none.
      'sh',
      '-c',
      'exec "$@" 2>>"$0"',
      join(this.#folder, 'stderr'),
      'java',
      '-Xmx192m',
      '-XX:+UseSerialGC',
      '-Dlogback.configurationFile=/dev/null',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=off',
      '-cp',
      `${jar}:/usr/share/java/*`,
      'org.apache.zookeeper.server.ZooKeeperServerMain',
      file,
    ])
    await this.#program.until(() => this.#isReady())
  }

  #isReady(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const socket = connect(this.port, '127.0.0.1', () => socket.end('ruok'))
    let answer = ''
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('data', (bytes) => (answer += bytes.toString()))
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(answer === 'imok'))
    return promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]()
    this.#program = undefined
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
