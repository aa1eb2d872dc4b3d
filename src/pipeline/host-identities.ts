import { cgroupFolders } from '../host/cgroup-folders.ts'
import { isRunning } from '../host/process-start.ts'
import { parseCgroupPath } from '../identity/cgroup-path.ts'
import { CgroupPaths } from '../identity/cgroup-paths.ts'
import { Containers } from '../identity/containers.ts'
import { Identities, type ServiceRule } from '../identity/identities.ts'
import { isContainer, ProcessReader } from '../identity/process-names.ts'
import { hasRuntime } from '../identity/runtimes/runtime-folders.ts'
import { cgroupPathOf } from '../kernel/cgroup-folders.ts'
import type { Identity } from '../model/container.ts'
import type { EdgeActivity } from '../model/edge.ts'
import type { Task } from '../model/process.ts'
import type { SocketPair } from '../model/socket.ts'
import type { CgroupHierarchy } from './cgroup-hierarchy.ts'

/** Whose the processes of this host are. */
export class HostIdentities {
  readonly #paths: CgroupPaths
  readonly #identities: Identities
  readonly #mountPoint: string | undefined

  constructor({ mountPoint }: CgroupHierarchy, serviceOf?: ServiceRule) {
    this.#mountPoint = mountPoint
    this.#paths = new CgroupPaths((id) => (mountPoint === undefined ? undefined : cgroupPathOf(mountPoint, id)))
    this.#identities = new Identities({
      paths: this.#paths,
      containers: new Containers(),
      processes: new ProcessReader({ isRunning }),
      ...(serviceOf ? { serviceOf } : {}),
    })
  }

  /** Containers where there is one now, or a runtime that may start some; else services where there are units. */
  worthShowing(): 'container' | 'service' | undefined {
    const folders = this.#mountPoint === undefined ? [] : cgroupFolders(this.#mountPoint)
    const paths = folders.map(({ path }) => parseCgroupPath(path))
    if (paths.some(isContainer) || hasRuntime()) return 'container'
    return paths.some(({ unit }) => unit !== undefined) ? 'service' : undefined
  }

  /** Notes a cgroup that has been made. */
  note(cgroupId: number, path: string): void {
    this.#paths.note(cgroupId, path)
  }

  /** Says of a task that used a socket whose it is. */
  identify(task: Task | undefined, socket: SocketPair): Identity | undefined {
    if (!task) return undefined
    const { pid, tid, processStartNs: startNs, comm, cgroupId = 0 } = task
    task.identity = this.#identities.of({ pid, tid, startNs, comm, cgroupId }, socket.local.port)
    return task.identity
  }

  /** The same of a process, whichever of its threads was seen, and whatever port it serves. */
  identifyProcess(task: Task): Identity {
    const { pid, processStartNs: startNs, comm, cgroupId = 0 } = task
    task.identity = this.#identities.of({ pid, startNs, comm, cgroupId })
    return task.identity
  }

  /** The same of an edge's process. */
  identifyEdge({ edge }: EdgeActivity): Identity | undefined {
    const { process } = edge
    if (!process) return undefined
    const { pid, startNs, comm, cgroupId = 0 } = process
    const port = edge.role === 'server' ? edge.port : undefined
    process.identity = this.#identities.of({ pid, startNs, comm, cgroupId }, port)
    return process.identity
  }

  /** Of a cgroup alone, whatever the process; a service that the process would decide stays the comm's: empty. */
  ofCgroup(cgroupId: number): Identity {
    return this.#identities.of({ pid: 0, startNs: 0, comm: '', cgroupId })
  }
}
