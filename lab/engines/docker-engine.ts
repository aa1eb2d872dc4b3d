import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandResult, PublishedPort, RunningContainer } from './container.ts'
import { EngineHost, lackingExecutables, pidOf, stopChild } from './engine-host.ts'
import { requestBytes, requestJson } from './unix-http.ts'

/** Settings of the engine. */
export interface DockerOptions {
  /** Containers go on while the engine is stopped. */
  liveRestore?: boolean
  /** Further arguments of dockerd. */
  arguments?: readonly string[]
}

/** A container to be. */
export interface DockerContainerSpec {
  /** Two characters or more; the engine makes one up where there is none. */
  name?: string
  /** As imported: `lab/root:test`. */
  image: string
  command: readonly string[]
  /** A network of createNetwork(), `host`, `none`, `container:NAME`; else the default bridge. */
  network?: string
  /** A further name of the container in that network; not in the default bridge. */
  networkAlias?: string
  publish?: readonly PublishedPort[]
  labels?: Readonly<Record<string, string>>
  /** `NAME=value`. */
  environment?: readonly string[]
  /** Where the container's cgroup lies, from the root of the hierarchies: `/kubepods/burstable/podUID`; else `/docker`. */
  cgroupParent?: string
  /** Mounts: `/folder/of/host:/folder/in/container:ro`. */
  binds?: readonly string[]
  /** `SYS_ADMIN`. */
  capabilities?: readonly string[]
  /** `host`, or none. */
  pidMode?: string
  /** Further fields of the API's HostConfig. */
  hostConfig?: Readonly<Record<string, unknown>>
}

interface Inspected {
  Id: string
  Name: string
  State: { Pid: number }
  NetworkSettings: { Networks: Record<string, { IPAddress: string } | undefined> }
}

/**
 * A Docker engine of its own: dockerd, with its containerd, in a network and a mount namespace and a folder of its own.
 * Its API has a socket; all its containers end when it is disposed of.
 */
export class DockerEngine implements AsyncDisposable {
  readonly host: EngineHost
  /** Of the API. */
  readonly socketFile: string
  readonly #options: DockerOptions
  #daemon: ChildProcess | undefined

  private constructor(host: EngineHost, options: DockerOptions) {
    this.host = host
    this.socketFile = join(host.folder, 'api/docker.sock')
    this.#options = options
  }

  /** What this machine lacks to run it, for a person; nothing if all is there. */
  static lacking(): string | undefined {
    if (process.getuid?.() !== 0) return 'Docker can be started only by root'
    const missing = lackingExecutables(['dockerd', 'containerd', 'runc', 'iptables', 'ip', 'unshare', 'setpriv'])
    return missing.length > 0 ? `to run Docker there is no ${missing.join(', no ')}` : undefined
  }

  /** @returns once its API answers @throws Error with the end of its log where it does not start */
  static async start(options: DockerOptions = {}): Promise<DockerEngine> {
    const host = await EngineHost.start('docker', ['docker'])
    try {
      const engine = new DockerEngine(host, options)
      mkdirSync(join(host.folder, 'api'))
      await engine.startAgain()
      return engine
    } catch (error) {
      await host[Symbol.asyncDispose]()
      throw error
    }
  }

  /** What dockerd keeps of its containers: `containers/ID/config.v2.json`. Its containerd is at exec/containerd. */
  get dataFolder(): string {
    return join(this.host.folder, 'data')
  }

  /** Of dockerd. @throws Error while it is stopped */
  get pid(): number {
    if (this.#daemon === undefined) throw new Error('the engine is stopped')
    return pidOf(this.#daemon)
  }

  /** Starts the engine after stop(), or after it was killed. @throws Error with the end of its log */
  async startAgain(): Promise<void> {
    const { folder } = this.host
    this.#daemon = await this.host.daemon([
      'dockerd',
      `--data-root=${this.dataFolder}`,
      `--exec-root=${join(folder, 'exec')}`,
      `--host=unix://${this.socketFile}`,
      `--pidfile=${join(folder, 'docker.pid')}`,
      // None of the host's: it starts its own.
      '--containerd=',
      '--exec-opt=native.cgroupdriver=cgroupfs',
      ...(this.#options.liveRestore === true ? ['--live-restore'] : []),
      ...(this.#options.arguments ?? []),
    ])
    await this.host.untilReady(this.#daemon, async () => (await this.request('GET', '/_ping')) === 'OK')
  }

  /**
   * Stops the engine. By SIGTERM it stops its containers first, unless it was told to let them live (liveRestore); by
   * SIGKILL they go on.
   *
   * @throws Error if it does not end in 30 s
   */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#daemon !== undefined) await stopChild(this.#daemon, signal)
    this.#daemon = undefined
  }

  /**
   * One request to the API, of the version that the engine prefers unless the path has one.
   *
   * @param body sent as JSON; `{ tarFile }` sends that file
   * @returns the answer, parsed where it is JSON
   * @throws EngineRefused
   */
  request(method: string, path: string, body?: unknown): Promise<unknown> {
    return requestJson(this.socketFile, method, path, body)
  }

  /** Makes an image of a root file system. @param name with its tag: `lab/root:test` @throws Error */
  async importImage(name: string, tarFile: string): Promise<void> {
    const [repository = '', tag = 'latest'] = name.split(':')
    const query = new URLSearchParams({ fromSrc: '-', repo: repository, tag })
    const progress = await requestBytes(this.socketFile, 'POST', `/images/create?${query.toString()}`, { tarFile })
    // Failures come with status 200, in the last of the lines that tell of the progress.
    if (progress.includes('"errorDetail"')) throw new Error(`import of ${name}: ${progress.toString()}`)
  }

  /** Makes a bridge in which containers find each other by name. @throws EngineRefused */
  async createNetwork(name: string): Promise<void> {
    await this.request('POST', '/networks/create', { Name: name, CheckDuplicate: true })
  }

  /** Makes a container and starts it. @throws EngineRefused */
  async run(spec: DockerContainerSpec): Promise<RunningContainer> {
    const query = spec.name === undefined ? '' : `?name=${encodeURIComponent(spec.name)}`
    const { Id } = (await this.request('POST', `/containers/create${query}`, creation(spec))) as { Id: string }
    if (spec.cgroupParent !== undefined) this.host.ownCgroup(spec.cgroupParent.replace(/^\/+/, ''))
    await this.request('POST', `/containers/${Id}/start`)
    return this.inspect(Id)
  }

  /** @param id or name @throws EngineRefused if there is none */
  async inspect(id: string): Promise<RunningContainer> {
    const found = (await this.request('GET', `/containers/${id}/json`)) as Inspected
    const [network] = Object.values(found.NetworkSettings.Networks)
    return { id: found.Id, name: found.Name.slice(1), pid: found.State.Pid, address: network?.IPAddress ?? '' }
  }

  /** Kills a container and removes it. @throws EngineRefused */
  async remove(id: string): Promise<void> {
    await this.request('DELETE', `/containers/${id}?force=1&v=1`)
  }

  /** Its id stays, its processes and its cgroup are new ones. @throws EngineRefused */
  async restart(id: string): Promise<RunningContainer> {
    await this.request('POST', `/containers/${id}/restart?t=0`)
    return this.inspect(id)
  }

  /** @throws EngineRefused if the name is taken */
  async rename(id: string, newName: string): Promise<void> {
    await this.request('POST', `/containers/${id}/rename?name=${encodeURIComponent(newName)}`)
  }

  /** Runs a command in a container to its end. @throws EngineRefused */
  async exec(id: string, command: readonly string[]): Promise<CommandResult> {
    const exec = (await this.request('POST', `/containers/${id}/exec`, {
      Cmd: command,
      AttachStdout: true,
      AttachStderr: true,
    })) as { Id: string }
    const bytes = await requestBytes(this.socketFile, 'POST', `/exec/${exec.Id}/start`, { Detach: false, Tty: false })
    const { ExitCode } = (await this.request('GET', `/exec/${exec.Id}/json`)) as { ExitCode: number }
    return { exitCode: ExitCode, output: ofStream(bytes, 1), errors: ofStream(bytes, 2) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#daemon = undefined
    await this.host[Symbol.asyncDispose]()
  }
}

function creation(spec: DockerContainerSpec): object {
  const { network, networkAlias, publish = [] } = spec
  return {
    Image: spec.image,
    Cmd: spec.command,
    Labels: spec.labels ?? {},
    Env: spec.environment ?? [],
    // A shell as the first process ignores SIGTERM, and would keep the engine waiting for 10 s.
    StopSignal: 'SIGKILL',
    ExposedPorts: Object.fromEntries(publish.map(({ containerPort }) => [`${containerPort}/tcp`, {}])),
    HostConfig: {
      NetworkMode: network ?? 'default',
      PortBindings: Object.fromEntries(
        publish.map(({ hostPort, containerPort }) => [`${containerPort}/tcp`, [{ HostPort: String(hostPort) }]]),
      ),
      CgroupParent: spec.cgroupParent ?? '',
      Binds: spec.binds ?? [],
      CapAdd: spec.capabilities ?? [],
      PidMode: spec.pidMode ?? '',
      ...spec.hostConfig,
    },
    ...(network === undefined || networkAlias === undefined
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [networkAlias] } } } }),
  }
}

/** Output comes in frames: which stream, three zeros, the length by four bytes, the data. */
function ofStream(bytes: Buffer, stream: number): string {
  const parts: Buffer[] = []
  for (let at = 0; at + 8 <= bytes.length; at += 8 + bytes.readUInt32BE(at + 4))
    if (bytes[at] === stream) parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at + 4)))
  return Buffer.concat(parts).toString()
}
