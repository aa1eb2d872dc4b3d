import { RecentMap } from '../lib/recent-map.ts'
import type { Container } from '../model/container.ts'
import type { CgroupIdentity } from './cgroup-path.ts'
import { JsonFile, noFacts, type ContainerFacts, type ContainerFile } from './runtimes/container-file.ts'
import { containerdFiles } from './runtimes/containerd-file.ts'
import { dockerFiles } from './runtimes/docker-file.ts'
import { runtimeFolders, type RuntimeFolders } from './runtimes/runtime-folders.ts'
import { storageFiles } from './runtimes/storage-file.ts'

interface Known {
  container: Container
  /** Undefined: nobody has told of it. */
  source: { file: JsonFile; read: ContainerFile['read'] } | undefined
  sinceMs: number
  checkedMs: number
}

/** How old what is known of a container may be: it may have been renamed. */
const freshMs = 500
/** How often running runtimes are looked for, at most, while there are new containers that none has told of ... */
const searchMs = 1000
/** ... for so long; a container that none has told of by then is nobody's. */
const patienceMs = 15_000

/**
 * What runtimes tell of their containers: read from the files that they keep, which are written before a container starts
 * and need no socket, no rights but root's, and no runtime that answers. What was learnt of a container is kept when it
 * is gone, until `maxContainers` others were needed.
 */
export class Containers {
  readonly #now: () => number
  readonly #findFolders: () => RuntimeFolders
  /** By id or name. */
  readonly #known: RecentMap<string, Known>
  #folders: RuntimeFolders | undefined
  #searchedMs = -Infinity
  /** Files that hold many containers. */
  readonly #lists = new Map<string, JsonFile>()

  constructor(options: { now?: () => number; findFolders?: () => RuntimeFolders; maxContainers?: number } = {}) {
    this.#now = options.now ?? ((): number => performance.now())
    this.#findFolders = options.findFolders ?? ((): RuntimeFolders => runtimeFolders())
    this.#known = new RecentMap({ maxEntries: options.maxContainers ?? 8192 })
  }

  /** The container that a cgroup is of; the same object until something about it changes. */
  containerOf(cgroup: CgroupIdentity): Container | undefined {
    const key = cgroup.containerId ?? cgroup.containerName
    if (key === undefined) return undefined
    const known = this.#known.get(key) ?? this.#unknown(key, cgroup)
    if (this.#now() - known.checkedMs >= freshMs) this.#check(known, cgroup)
    return known.container
  }

  #unknown(key: string, cgroup: CgroupIdentity): Known {
    const known = { container: nameless(cgroup), source: undefined, sinceMs: this.#now(), checkedMs: -Infinity }
    this.#known.set(key, known)
    return known
  }

  #check(known: Known, cgroup: CgroupIdentity): void {
    known.checkedMs = this.#now()
    const id = cgroup.containerId
    if (id === undefined) return
    const content = known.source?.file.read()
    if (known.source && content) {
      if (content.isNew) update(known, known.source.read(content.json, id))
      return
    }
    for (const folders of this.#foldersToSearch(known)) {
      for (const file of filesOf(folders, id)) {
        if (this.#learn(known, file, id)) return
      }
    }
  }

  /** Those that are known, then, if that is not too often, those that there are now. */
  *#foldersToSearch({ container, sinceMs }: Known): Generator<RuntimeFolders> {
    if (this.#folders) yield this.#folders
    const nowMs = this.#now()
    if (container.name !== undefined || nowMs - sinceMs > patienceMs || nowMs - this.#searchedMs < searchMs) return
    this.#searchedMs = nowMs
    this.#folders = this.#findFolders()
    yield this.#folders
  }

  #learn(known: Known, { path, read }: ContainerFile, id: string): boolean {
    const isList = !path.includes(id)
    const file = (isList ? this.#lists.get(path) : undefined) ?? new JsonFile(path)
    if (isList) this.#lists.set(path, file)
    const content = file.read()
    const facts = content && read(content.json, id)
    if (!facts) return false
    // A list is new to all of its containers at once, so it is looked through at each check.
    known.source = isList ? undefined : { file, read }
    update(known, facts)
    return true
  }
}

function filesOf(folders: RuntimeFolders, id: string): ContainerFile[] {
  return [
    ...folders.docker.flatMap((folder) => dockerFiles(folder, id)),
    ...folders.containerd.flatMap((folder) => containerdFiles(folder, id)),
    ...folders.storage.flatMap((folder) => storageFiles(folder, id)),
  ]
}

/** What the cgroup's path alone tells. */
function nameless({ runtime, containerId, containerName, pod }: CgroupIdentity): Container {
  return {
    ...noFacts,
    runtime,
    id: containerId,
    name: containerName,
    pod: pod && { uid: pod.uid, name: undefined, namespace: undefined, workload: undefined },
  }
}

function update(known: Known, facts: ContainerFacts | undefined): void {
  if (!facts) return
  const { runtime, pod } = known.container
  const container: Container = {
    ...facts,
    id: known.container.id,
    runtime: facts.runtime ?? runtime,
    pod: facts.pod ?? pod,
  }
  if (JSON.stringify(container) !== JSON.stringify(known.container)) known.container = container
}
