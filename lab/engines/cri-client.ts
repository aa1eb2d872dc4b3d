import { credentials, loadPackageDefinition, type Client, type ServiceClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { fileURLToPath } from 'node:url'

const definition = loadSync(fileURLToPath(new URL('cri.proto', import.meta.url)), {
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
})

/** Of a pod, as RunPodSandbox takes it; CreateContainer wants the same again. */
export interface PodSandboxConfig {
  metadata: { name: string; uid: string; namespace: string; attempt: number }
  hostname: string
  log_directory: string
  port_mappings: { container_port: number; host_port: number }[]
  labels: Record<string, string>
  annotations: Record<string, string>
  linux: { cgroup_parent: string; security_context: { namespace_options: NamespaceOption } }
}

/** Which namespaces are the pod's, which a container's own. */
export interface NamespaceOption {
  network: 'POD' | 'NODE'
  pid: 'POD' | 'CONTAINER'
  ipc: 'POD' | 'NODE'
}

/** Of a container, as CreateContainer takes it. */
export interface ContainerConfig {
  metadata: { name: string; attempt: number }
  image: { image: string }
  command: readonly string[]
  envs: { key: string; value: string }[]
  labels: Record<string, string>
  annotations: Record<string, string>
  log_path: string
  linux: { security_context: { namespace_options: NamespaceOption } }
}

interface PodSandboxId {
  pod_sandbox_id: string
}

interface ContainerId {
  container_id: string
}

interface WithInfo {
  /** With `verbose`: JSON, under `info`; what is in it is the runtime's own. */
  info: Record<string, string>
}

/** Requests and answers of the calls in cri.proto. */
export interface CriCalls {
  Status: [object, { status: { conditions: { type: string; status: boolean; message: string }[] } }]
  RunPodSandbox: [{ config: PodSandboxConfig }, PodSandboxId]
  StopPodSandbox: [PodSandboxId, object]
  RemovePodSandbox: [PodSandboxId, object]
  PodSandboxStatus: [
    PodSandboxId & { verbose?: boolean },
    WithInfo & { status: { id: string; network: { ip: string } | null } },
  ]
  CreateContainer: [PodSandboxId & { config: ContainerConfig; sandbox_config: PodSandboxConfig }, ContainerId]
  StartContainer: [ContainerId, object]
  StopContainer: [ContainerId, object]
  RemoveContainer: [ContainerId, object]
  ListContainers: [object, { containers: ListedContainer[] }]
  ContainerStatus: [ContainerId & { verbose?: boolean }, WithInfo]
  ExecSync: [
    ContainerId & { cmd: readonly string[]; timeout: number },
    { stdout: Buffer; stderr: Buffer; exit_code: number },
  ]
}

/** A container as the runtime lists it. */
export interface ListedContainer {
  id: string
  pod_sandbox_id: string
  metadata: { name: string; attempt: number }
  /** `io.kubernetes.pod.name`, … */
  labels: Record<string, string>
}

type Answered = (error: Error | null, answer: unknown) => void
type Calls = Record<string, ((request: unknown, options: { deadline: number }, answered: Answered) => void) | undefined>

/** A client of a container runtime's socket. */
export class CriClient implements Disposable {
  readonly #client: Client & Calls

  /** Nothing is asked yet: the socket need not be there. */
  constructor(socketFile: string) {
    const { runtime } = loadPackageDefinition(definition) as unknown as {
      runtime: { v1: { RuntimeService: ServiceClientConstructor } }
    }
    this.#client = new runtime.v1.RuntimeService(
      `unix://${socketFile}`,
      credentials.createInsecure(),
    ) as unknown as Client & Calls
  }

  /** @throws Error with what the runtime said, also if it has not answered within 20 s */
  call<Name extends keyof CriCalls>(name: Name, request: CriCalls[Name][0]): Promise<CriCalls[Name][1]> {
    const { promise, resolve, reject } = Promise.withResolvers<CriCalls[Name][1]>()
    const answered: Answered = (error, answer) => {
      if (error === null) resolve(answer as CriCalls[Name][1])
      else reject(error)
    }
    this.#client[name]?.(request, { deadline: Date.now() + 20_000 }, answered)
    return promise
  }

  [Symbol.dispose](): void {
    this.#client.close()
  }
}
