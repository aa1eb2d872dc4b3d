import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeCgroup } from './cgroups.ts'
import type { CommandResult, PublishedPort, RunningContainer } from './container.ts'
import { CriClient, type ListedContainer, type NamespaceOption, type PodSandboxConfig } from './cri-client.ts'
import { EngineHost, lackingExecutables, pidOf, stopChild } from './engine-host.ts'
import { rootImage } from './root-image.ts'

/** Where distributions put the plugins that make networks. */
const pluginFolders = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni']
const plugins = ['bridge', 'host-local', 'loopback', 'portmap']
const sandboxImage = 'docker.io/lab/sandbox:test'
/** As kubelet has it: each container its own processes, all of a pod one network. */
const namespaces: NamespaceOption = { network: 'POD', pid: 'CONTAINER', ipc: 'POD' }

/** A pod to be. */
export interface PodSpec {
  name: string
  namespace: string
  /** `5f2a1c3e-9b1d-4c6e-8f00-0123456789ab`. */
  uid: string
  labels?: Readonly<Record<string, string>>
  containers: readonly PodContainerSpec[]
  publish?: readonly PublishedPort[]
  /** Its cgroup is below `/kubepods/burstable`, `/kubepods/besteffort` or, of guaranteed ones, `/kubepods`. */
  quality?: 'burstable' | 'besteffort' | 'guaranteed'
  /** The pod's cgroup itself, instead. */
  cgroupParent?: string
}

/** A container of a pod to be. */
export interface PodContainerSpec {
  name: string
  /** As imported: `docker.io/lab/root:test`. */
  image: string
  command: readonly string[]
  environment?: Readonly<Record<string, string>>
}

/** A pod that runs. */
export interface RunningPod {
  /** Of its sandbox, 64 hexadecimal digits; not the uid. */
  podId: string
  /** Of the sandbox's process, which holds the namespaces. */
  pid: number
  address: string
  /** From the root of the hierarchies: `/kubepods/burstable/podUID`. */
  cgroup: string
  /** Their address is the pod's. */
  containers: RunningContainer[]
}

/**
 * A containerd of its own with the Container Runtime Interface that kubelet talks to, in a network and a mount namespace
 * and a folder of its own. What kubelet would ask of it is asked here: pods with their sandbox, cgroups and labels.
 */
export class CriEngine implements AsyncDisposable {
  readonly host: EngineHost
  /** Of containerd: the interface of Kubernetes, and its own. */
  readonly socketFile: string
  readonly #cgroupByPod = new Map<string, string>()
  #daemon: ChildProcess | undefined
  #client: CriClient

  private constructor(host: EngineHost) {
    this.host = host
    this.socketFile = join(host.folder, 'containerd.sock')
    this.#client = new CriClient(this.socketFile)
  }

  /** What this machine lacks to run it, for a person; nothing if all is there. */
  static lacking(): string | undefined {
    if (process.getuid?.() !== 0) return 'containerd can be started only by root'
    const executables = ['containerd', 'ctr', 'runc', 'iptables', 'ip', 'unshare', 'setpriv']
    const missing = [...lackingExecutables(executables), ...(pluginFolder() === undefined ? ['network plugins'] : [])]
    return missing.length > 0 ? `to run pods there is no ${missing.join(', no ')}` : undefined
  }

  /** @returns once it says that it is ready for pods @throws Error with the end of its log where it does not start */
  static async start(): Promise<CriEngine> {
    const host = await EngineHost.start('cri', ['kubepods', 'kubepods/burstable', 'kubepods/besteffort'])
    try {
      const engine = new CriEngine(host)
      engine.#configure()
      await engine.startAgain()
      await engine.importImage(sandboxImage, rootImage().archive(sandboxImage))
      return engine
    } catch (error) {
      await host[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Where containerd keeps bundles: `io.containerd.runtime.v2.task/k8s.io/ID/config.json`. */
  get stateFolder(): string {
    return join(this.host.folder, 'state')
  }

  /** Of containerd. @throws Error while it is stopped */
  get pid(): number {
    if (this.#daemon === undefined) throw new Error('the engine is stopped')
    return pidOf(this.#daemon)
  }

  /** Asks what no method here does. @throws Error while it is stopped */
  get client(): CriClient {
    return this.#client
  }

  /** Starts containerd after stop(); pods have gone on. @throws Error with the end of its log */
  async startAgain(): Promise<void> {
    this.#daemon = await this.host.daemon(['containerd', `--config=${join(this.host.folder, 'containerd.toml')}`])
    await this.host.untilReady(this.#daemon, async () => {
      if (!existsSync(this.socketFile)) return false
      const { status } = await this.#client.call('Status', {})
      return status.conditions.length > 0 && status.conditions.every((condition) => condition.status)
    })
  }

  /** Stops containerd; pods go on. @throws Error if it does not end in 30 s */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#daemon !== undefined) await stopChild(this.#daemon, signal)
    this.#daemon = undefined
    // A new client does not wait before it connects, as one would that has been refused.
    this.#client[Symbol.dispose]()
    this.#client = new CriClient(this.socketFile)
  }

  /** @param name that the archive gives it, in full: `docker.io/lab/root:test` @throws Error */
  async importImage(name: string, archive: string): Promise<void> {
    const said = await this.host.run([
      'ctr',
      `--address=${this.socketFile}`,
      '-n',
      'k8s.io',
      'images',
      'import',
      archive,
    ])
    if (!said.includes(name)) throw new Error(`${archive} holds no image ${name}: ${said}`)
  }

  /** Makes a pod and starts its containers one after the other. @throws Error */
  async runPod(spec: PodSpec): Promise<RunningPod> {
    const config = this.#sandbox(spec)
    const cgroup = config.linux.cgroup_parent
    this.host.ownCgroup(cgroup.slice(1))
    const { pod_sandbox_id: podId } = await this.#client.call('RunPodSandbox', { config })
    this.#cgroupByPod.set(podId, cgroup)
    const { status, info } = await this.#client.call('PodSandboxStatus', { pod_sandbox_id: podId, verbose: true })
    const address = status.network?.ip ?? ''
    const containers: RunningContainer[] = []
    for (const container of spec.containers)
      containers.push({ ...(await this.#runContainer(podId, config, container)), address })
    return { podId, pid: pidIn(info), address, cgroup, containers }
  }

  /** Kills the containers of a pod and removes it. @throws Error */
  async removePod(podId: string): Promise<void> {
    await this.#client.call('StopPodSandbox', { pod_sandbox_id: podId })
    await this.#client.call('RemovePodSandbox', { pod_sandbox_id: podId })
    // kubelet made it, and removes it.
    removeCgroup((this.#cgroupByPod.get(podId) ?? '').slice(1))
    this.#cgroupByPod.delete(podId)
  }

  /** All containers, but for the sandboxes. @throws Error */
  async list(): Promise<ListedContainer[]> {
    return (await this.#client.call('ListContainers', {})).containers
  }

  /** Runs a command in a container to its end, 20 s at most. @throws Error */
  async exec(id: string, command: readonly string[]): Promise<CommandResult> {
    const result = await this.#client.call('ExecSync', { container_id: id, cmd: command, timeout: 20 })
    return { exitCode: result.exit_code, output: result.stdout.toString(), errors: result.stderr.toString() }
  }

  async #runContainer(
    podId: string,
    sandbox: PodSandboxConfig,
    { name, image, command, environment = {} }: PodContainerSpec,
  ): Promise<Omit<RunningContainer, 'address'>> {
    const { container_id: id } = await this.#client.call('CreateContainer', {
      pod_sandbox_id: podId,
      sandbox_config: sandbox,
      config: {
        metadata: { name, attempt: 0 },
        image: { image },
        command,
        envs: Object.entries(environment).map(([key, value]) => ({ key, value })),
        labels: { ...podLabels(sandbox), 'io.kubernetes.container.name': name },
        annotations: { 'io.kubernetes.container.restartCount': '0' },
        log_path: `${name}/0.log`,
        linux: { security_context: { namespace_options: namespaces } },
      },
    })
    await this.#client.call('StartContainer', { container_id: id })
    const { info } = await this.#client.call('ContainerStatus', { container_id: id, verbose: true })
    return { id, name, pid: pidIn(info) }
  }

  #sandbox({ name, namespace, uid, quality = 'burstable', ...spec }: PodSpec): PodSandboxConfig {
    const usual = quality === 'guaranteed' ? `/kubepods/pod${uid}` : `/kubepods/${quality}/pod${uid}`
    const sandbox: PodSandboxConfig = {
      metadata: { name, uid, namespace, attempt: 0 },
      hostname: name,
      log_directory: join(this.host.folder, 'logs', `${namespace}_${name}_${uid}`),
      port_mappings: (spec.publish ?? []).map((port) => ({
        container_port: port.containerPort,
        host_port: port.hostPort,
      })),
      labels: { ...spec.labels },
      annotations: {},
      linux: { cgroup_parent: spec.cgroupParent ?? usual, security_context: { namespace_options: namespaces } },
    }
    return { ...sandbox, labels: { ...sandbox.labels, ...podLabels(sandbox) } }
  }

  #configure(): void {
    const { folder } = this.host
    mkdirSync(join(folder, 'networks'))
    writeFileSync(join(folder, 'networks/10-pods.conflist'), JSON.stringify(podNetwork(folder)))
    writeFileSync(join(folder, 'containerd.toml'), containerdSettings(folder, this.socketFile))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]()
    this.#daemon = undefined
    await this.host[Symbol.asyncDispose]()
  }
}

/** By which tools find the pod of a container; kubelet sets them. */
function podLabels({ metadata: { name, namespace, uid } }: PodSandboxConfig): Record<string, string> {
  return { 'io.kubernetes.pod.name': name, 'io.kubernetes.pod.namespace': namespace, 'io.kubernetes.pod.uid': uid }
}

function pidIn({ info = '{}' }: Record<string, string>): number {
  return (JSON.parse(info) as { pid: number }).pid
}

function pluginFolder(): string | undefined {
  return pluginFolders.find((folder) => plugins.every((plugin) => existsSync(join(folder, plugin))))
}

function podNetwork(folder: string): object {
  const addresses = {
    type: 'host-local',
    dataDir: join(folder, 'addresses'),
    ranges: [[{ subnet: '10.85.0.0/16' }]],
    routes: [{ dst: '0.0.0.0/0' }],
  }
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: true, ipam: addresses },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
}

/** A root without CAP_SYS_RESOURCE may not lower oom_score_adj; profiles of AppArmor would be the whole machine's. */
function containerdSettings(folder: string, socketFile: string): string {
  const text = (value: string): string => JSON.stringify(value)
  return `version = 2
root = ${text(join(folder, 'root'))}
state = ${text(join(folder, 'state'))}
[grpc]
  address = ${text(socketFile)}
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(sandboxImage)}
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(pluginFolder() ?? '')}
    conf_dir = ${text(join(folder, 'networks'))}
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(folder, 'opt'))}
`
}
