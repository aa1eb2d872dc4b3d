import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandResult, PublishedPort, RunningContainer } from './container.ts'
import { EngineHost, lackingExecutables, stopChild } from './engine-host.ts'
import { requestJson } from './unix-http.ts'

/**
 * The runtime is runc, as crun refuses a machine with both versions of cgroups. The limits are such that also a root
 * without CAP_SYS_RESOURCE may set them. Nothing is asked of systemd.
 */
const configuration = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`

/** Settings of the engine. */
export interface PodmanOptions {
  /** Whether the API is served, at socketFile; podman itself does without. */
  service?: boolean
}

/** A container to be. */
export interface PodmanContainerSpec {
  /** Podman makes one up where there is none. */
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
  /** By name or id; its containers share a network. */
  pod?: string
  /** Further arguments of `podman run`. */
  arguments?: readonly string[]
}

interface Inspected {
  Id: string
  Name: string
  State: { Pid: number }
  NetworkSettings: { IPAddress?: string; Networks?: Record<string, { IPAddress: string } | undefined> | null }
}

/**
 * Podman with storage, networks and a folder of its own, in a network and a mount namespace of its own. It has no daemon:
 * each container has a conmon. All of them end when it is disposed of.
 */
export class PodmanEngine implements AsyncDisposable {
  readonly host: EngineHost
  /** Of the API, where it is served. */
  readonly socketFile: string
  #service: ChildProcess | undefined

  private constructor(host: EngineHost) {
    this.host = host
    this.socketFile = join(host.folder, 'podman.sock')
  }

  /** What this machine lacks to run it, for a person; nothing if all is there. */
  static lacking(): string | undefined {
    if (process.getuid?.() !== 0) return 'Podman is started here only by root'
    const missing = lackingExecutables(['podman', 'conmon', 'runc', 'iptables', 'ip', 'unshare', 'setpriv'])
    return missing.length > 0 ? `to run Podman there is no ${missing.join(', no ')}` : undefined
  }

  /** What Podman keeps of its containers: `overlay-containers/containers.json`. */
  get storageFolder(): string {
    return join(this.host.folder, 'storage')
  }

  /** @throws Error with what Podman said */
  static async start(options: PodmanOptions = {}): Promise<PodmanEngine> {
    const host = await EngineHost.start('podman', ['libpod_parent', 'libpod_parent/conmon'])
    try {
      for (const name of ['storage', 'networks']) mkdirSync(join(host.folder, name))
      writeFileSync(join(host.folder, 'containers.conf'), configuration)
      const engine = new PodmanEngine(host)
      if (options.service === true) await engine.startAgain()
      return engine
    } catch (error) {
      await host[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Serves the API, after stop() or for the first time. @throws Error with the end of its log */
  async startAgain(): Promise<void> {
    const command = this.#command(['system', 'service', '--time=0', `unix://${this.socketFile}`])
    this.#service = await this.host.daemon(command, this.#environment)
    await this.host.untilReady(this.#service, async () => (await this.request('GET', '/_ping')) === 'OK')
  }

  /** Serves the API no more; containers go on. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#service !== undefined) await stopChild(this.#service, signal)
    this.#service = undefined
  }

  /**
   * One request to the API, which must be served: as Docker's (`/v1.41/containers/json`), or Podman's own
   * (`/v4.0.0/libpod/containers/json`).
   *
   * @returns the answer, parsed where it is JSON
   * @throws EngineRefused
   */
  request(method: string, path: string, body?: unknown): Promise<unknown> {
    return requestJson(this.socketFile, method, path, body)
  }

  /** Runs podman. @returns its standard output, trimmed @throws Error if it fails, with what it said */
  async podman(...args: string[]): Promise<string> {
    return (await this.host.run(this.#command(args), this.#environment)).trim()
  }

  /** Makes an image of a root file system. @param name with its tag: `lab/root:test` @throws Error */
  async importImage(name: string, tarFile: string): Promise<void> {
    await this.podman('import', '--quiet', tarFile, name)
  }

  /** Makes a bridge in which containers find each other by name. @throws Error */
  async createNetwork(name: string): Promise<void> {
    await this.podman('network', 'create', name)
  }

  /**
   * Makes a pod, whose namespaces a container of that image holds that does nothing.
   *
   * @returns its id
   * @throws Error
   */
  async createPod(name: string, image: string): Promise<string> {
    const id = await this.podman('pod', 'create', `--infra-image=${image}`, '--infra-command=sleep 1000000', name)
    for (const cgroup of [`libpod_parent/${id}`, `libpod_parent/${id}/conmon`]) this.host.ownCgroup(cgroup)
    return id
  }

  /** Makes a container and starts it. @throws Error */
  async run(spec: PodmanContainerSpec): Promise<RunningContainer> {
    const { name, network, networkAlias, publish = [], labels = {}, pod } = spec
    const id = await this.podman(
      'run',
      '--detach',
      '--pull=never',
      // A shell as the first process ignores SIGTERM, and would be waited for 10 s.
      '--stop-signal=SIGKILL',
      ...(name === undefined ? [] : [`--name=${name}`]),
      ...(pod === undefined ? [] : [`--pod=${pod}`]),
      ...(network === undefined ? [] : [`--network=${network}`]),
      ...(networkAlias === undefined ? [] : [`--network-alias=${networkAlias}`]),
      ...publish.map(({ hostPort, containerPort }) => `--publish=${hostPort}:${containerPort}`),
      ...Object.entries(labels).map(([key, value]) => `--label=${key}=${value}`),
      ...(spec.arguments ?? []),
      spec.image,
      ...spec.command,
    )
    return this.inspect(id)
  }

  /** @param id or name @throws Error if there is none */
  async inspect(id: string): Promise<RunningContainer> {
    const [found] = JSON.parse(await this.podman('container', 'inspect', id)) as Inspected[]
    if (found === undefined) throw new Error(`there is no container ${id}`)
    const { IPAddress, Networks } = found.NetworkSettings
    const [network] = Object.values(Networks ?? {})
    const address = network?.IPAddress ?? IPAddress ?? ''
    return { id: found.Id, name: found.Name, pid: found.State.Pid, address }
  }

  /** Kills a container and removes it. @throws Error */
  async remove(id: string): Promise<void> {
    await this.podman('rm', '--force', '--time=0', '--volumes', id)
  }

  /** Removes a pod with its containers. @throws Error */
  async removePod(id: string): Promise<void> {
    await this.podman('pod', 'rm', '--force', '--time=0', id)
  }

  /** Its id stays, its processes and its cgroup are new ones. @throws Error */
  async restart(id: string): Promise<RunningContainer> {
    await this.podman('restart', '--time=0', id)
    return this.inspect(id)
  }

  /** @throws Error if the name is taken */
  async rename(id: string, newName: string): Promise<void> {
    await this.podman('rename', id, newName)
  }

  /** Runs a command in a container to its end. */
  exec(id: string, command: readonly string[]): Promise<CommandResult> {
    return this.host.outcome(this.#command(['exec', id, ...command]), this.#environment)
  }

  get #environment(): NodeJS.ProcessEnv {
    return { CONTAINERS_CONF: join(this.host.folder, 'containers.conf') }
  }

  #command(args: readonly string[]): string[] {
    return [
      'podman',
      `--root=${this.storageFolder}`,
      // In the folder too, as all of /run is; it takes no long names.
      '--runroot=/run/storage',
      '--tmpdir=/run/libpod',
      `--network-config-dir=${join(this.host.folder, 'networks')}`,
      ...args,
    ]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#service = undefined
    await this.host[Symbol.asyncDispose]()
  }
}
