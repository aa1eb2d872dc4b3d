import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { cgroupsOf, removeCgroup } from './cgroups.ts'
import type { CommandResult } from './container.ts'
import { isGone, owner } from '../owner.ts'

/** Begins the names of all folders of engines; the process that owns one follows, with the time of its start. */
const prefix = 'wirelag-engine-'
/** Of a folder: the cgroups that its engine makes above those of the containers, one a line. */
const cgroupList = 'cgroups'
/** Beyond this, what was killed has hung. */
const goneWithinMs = 10_000

/** An address for documentation, to which there is no route: names that the engine does not know are asked of nobody. */
const nobody = '192.0.2.53'

/**
 * Run in the namespaces of the engine's host. What an engine writes to fixed places comes to its folder: sockets of shims
 * and locks below /run, keys below /etc, networks below /var/lib, plugins below /opt.
 */
const prepare = `set -e
ip link set lo up
mount --bind "$0" "$0"
mount --bind "$0/run" /run
for place in etc opt var/lib; do
  [ -d /$place ] || continue
  mkdir -p "$0/over/$place/upper" "$0/over/$place/work"
  mount -t overlay overlay -o "lowerdir=/$place,upperdir=$0/over/$place/upper,workdir=$0/over/$place/work" /$place
done
rm -f /etc/resolv.conf
echo "nameserver ${nobody}" >/etc/resolv.conf
echo ready
exec cat >"$0/discarded"
`

/**
 * A machine for a container engine: a network and a mount namespace, and a folder below the one for temporary files. All
 * that runs in it, or in containers whose file systems lie in that folder, ends when it is disposed of, and nothing
 * of it is left. What earlier runs left that were killed is removed when one starts.
 */
export class EngineHost implements AsyncDisposable {
  readonly folder: string
  readonly #holder: ChildProcess
  readonly #children = new Set<ChildProcess>()

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder
    this.#holder = holder
  }

  /**
   * @param kind in the name of the folder
   * @param cgroups that the engine makes for its containers, from the root of the hierarchies: `docker`
   * @throws Error with what the commands said, where this machine allows no namespaces
   */
  static async start(kind: string, cgroups: readonly string[]): Promise<EngineHost> {
    await removeLeftovers()
    const folder = mkdtempSync(join(tmpdir(), `${prefix}${owner()}-${kind}-`))
    for (const name of ['run', 'tmp']) mkdirSync(join(folder, name))
    for (const cgroup of cgroups) appendFileSync(join(folder, cgroupList), `${cgroup}\n`)
    try {
      return new EngineHost(folder, await startHolder(folder))
    } catch (error) {
      await clean(folder)
      throw error
    }
  }

  /** A process in its namespaces, but for that of pids; it does nothing. */
  get pid(): number {
    return pidOf(this.#holder)
  }

  get netnsPath(): string {
    return `/proc/${this.pid}/ns/net`
  }

  /** The command, made to run in the namespaces of the host. */
  inside(command: readonly string[]): string[] {
    return ['nsenter', `--target=${this.pid}`, '--mount', '--net', '--wd=/', '--', ...command]
  }

  /** Runs a command to its end. @returns its standard output @throws Error if it fails, with what it said */
  async run(command: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const { exitCode, output, errors } = await this.outcome(command, environment)
    if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}: ${errors.trim()}`)
    return output
  }

  /** Runs a command to its end, which may be any. */
  async outcome(command: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    const [file = '', ...args] = this.inside(command)
    const env = { ...this.#environment(), ...environment }
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
    const exited = once(child, 'exit')
    const [output, errors] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
    const [exitCode] = (await exited) as [number | null]
    return { exitCode: exitCode ?? -1, output, errors }
  }

  /**
   * Starts a daemon, whose output goes to `<its name>.log` in the folder. It dies with this process.
   *
   * @returns its process; that pid is the daemon's
   */
  async daemon(command: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
    const [name = ''] = command
    await using log = await open(join(this.folder, `${name}.log`), 'a')
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...this.inside(command)], {
      stdio: ['ignore', log.fd, log.fd],
      env: { ...this.#environment(), ...environment },
    })
    // One that was not disposed of keeps no test from ending.
    child.unref()
    this.#children.add(child)
    child.once('close', () => this.#children.delete(child))
    return child
  }

  /**
   * Waits until a daemon answers.
   *
   * @param isReady may throw as long as it is not
   * @throws Error with the end of its log if it ends, or has not answered after 20 s
   */
  async untilReady(child: ChildProcess, isReady: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 20_000
    for (;;) {
      if (await isReady().catch(() => false)) return
      if (hasEnded(child) || Date.now() > deadline)
        throw new Error(`${child.spawnargs.join(' ')} did not start:\n${this.#endOfLogs()}`)
      await delay(20)
    }
  }

  /** Notes a cgroup that is to be removed in the end, with those above it, if it is empty then. */
  ownCgroup(path: string): void {
    appendFileSync(join(this.folder, cgroupList), `${path}\n`)
  }

  #environment(): NodeJS.ProcessEnv {
    return { PATH: searchPath(), HOME: this.folder, TMPDIR: join(this.folder, 'tmp') }
  }

  #endOfLogs(): string {
    const logs = readdirSync(this.folder).filter((file) => file.endsWith('.log'))
    return logs.map((file) => readFileSync(join(this.folder, file), 'utf8').slice(-3000)).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const children = [this.#holder, ...this.#children]
    await clean(this.folder)
    await Promise.all(children.map((child) => ended(child)))
  }
}

/** Ends a child by a signal. @throws Error if it has not ended after 30 s; it is killed then */
export async function stopChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return
  child.kill(signal)
  const isOver = await Promise.race([ended(child).then(() => true), delay(30_000, false, { ref: false })])
  if (isOver) return
  child.kill('SIGKILL')
  await ended(child)
  throw new Error(`${child.spawnargs.join(' ')} did not end by ${signal}`)
}

/** @throws Error if it was not started */
export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} did not start`)
  return child.pid
}

/** What of the executables is not on this machine; those of the system are looked for also where only root looks. */
export function lackingExecutables(names: readonly string[]): string[] {
  const folders = searchPath().split(':')
  return names.filter((name) => !folders.some((folder) => existsSync(join(folder, name))))
}

function searchPath(): string {
  return `/usr/sbin:/usr/bin:/sbin:/bin:${process.env['PATH'] ?? ''}`
}

async function startHolder(folder: string): Promise<ChildProcess> {
  const holder = spawn('unshare', ['--mount', '--net', '--propagation=private', 'sh', '-c', prepare, folder], {
    // It ends when this process does, by the end of its input.
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: searchPath() },
  })
  let said = ''
  holder.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const isReady = await new Promise<boolean>((resolve, reject) => {
    holder.stdout.once('data', () => resolve(true))
    holder.once('close', () => resolve(false))
    holder.once('error', reject)
  })
  for (const stream of [holder.stdin, holder.stdout, holder.stderr]) (stream as Socket).unref()
  holder.unref()
  if (!isReady) throw new Error(`this machine gives no namespaces to an engine: ${said}`)
  return holder
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined
}

async function ended(child: ChildProcess): Promise<void> {
  child.ref()
  if (!hasEnded(child)) await new Promise((resolve) => child.once('exit', resolve))
}

/** Removes the folders of processes that are gone, with all that still runs there. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(prefix)) continue
    if (isGone(name.slice(prefix.length))) await clean(join(tmpdir(), name))
  }
}

/** Kills what runs in a host or in containers of its engine, then removes their cgroups and the folder. */
async function clean(folder: string): Promise<void> {
  const cgroups = new Set<string>()
  const deadline = Date.now() + goneWithinMs
  // Again, as what is being killed may have started others.
  for (let pids = processesOf(folder); pids.length > 0; pids = processesOf(folder)) {
    if (Date.now() > deadline) throw new Error(`processes of ${folder} do not end: ${pids.join(', ')}`)
    // Others, of the engine's processes, are of whoever started this one.
    for (const cgroup of pids.flatMap((pid) => cgroupsOf(pid))) if (/[0-9a-f]{64}/.test(cgroup)) cgroups.add(cgroup)
    for (const pid of pids) kill(pid)
    await delay(10)
  }
  for (const cgroup of [...cgroups, ...listedCgroups(folder)]) await removeEndingCgroup(cgroup)
  await removeFolder(folder, deadline)
}

/** A process that ends leaves its mounts before its cgroup. What is still in use after a while is used by others. */
async function removeEndingCgroup(path: string): Promise<void> {
  for (let tries = 0; !removeCgroup(path) && tries < 10; tries++) await delay(10)
}

/** Mounts go with their namespace, which may take a moment after the last process that was in it. */
async function removeFolder(folder: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      rmSync(folder, { recursive: true, force: true })
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await delay(20)
    }
  }
}

function listedCgroups(folder: string): string[] {
  const file = join(folder, cgroupList)
  // The last first: those below others come after them.
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).toReversed() : []
}

/**
 * Processes whose mount namespace has something of the folder mounted: those of the host have the folder itself, those of
 * a container their root. The dead have no mounts.
 */
export function processesOf(folder: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.filter((pid) => pid !== process.pid && mentions(`/proc/${pid}/mountinfo`, folder))
}

function mentions(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8').includes(text)
  } catch {
    return false
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
