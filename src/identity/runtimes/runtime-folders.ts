import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where container runtimes keep what they know of their containers. Each path can be read from here. */
export interface RuntimeFolders {
  /** Docker: `containers/ID/config.v2.json`. */
  docker: string[]
  /** Podman and CRI-O: `overlay-containers/…`. */
  storage: string[]
  /** containerd: `io.containerd.runtime.v2.task/NAMESPACE/ID/config.json`. */
  containerd: string[]
}

const usualFolders: RuntimeFolders = {
  docker: ['/var/lib/docker'],
  storage: ['/var/lib/containers/storage', '/run/containers/storage'],
  containerd: ['/run/containerd', '/run/k3s/containerd', '/run/docker/containerd/daemon'],
}

/** What a process of a runtime, or one that it starts beside each container, tells of its folders. */
interface RuntimeProcess {
  /** As its comm begins: the kernel cuts it at 15 bytes. */
  comm: string
  folder: keyof RuntimeFolders
  /**
   * @param args its command line
   * @param directory its working directory
   * @param read reads a file as that process sees it; empty where there is none
   */
  find: (args: readonly string[], directory: string, read: (file: string) => string) => string | undefined
}

const runtimeProcesses: readonly RuntimeProcess[] = [
  { comm: 'dockerd', folder: 'docker', find: (args) => valueOf(args, '--data-root') ?? valueOf(args, '-g') },
  // The shim runs in the bundle of its container.
  { comm: 'containerd-shim', folder: 'containerd', find: (_, directory) => taskRoot(directory) },
  // Containers may outlive their dockerd: their bundles name files of its.
  {
    comm: 'containerd-shim',
    folder: 'docker',
    find: (_, directory, read) => dockerRoot(read(`${directory}/config.json`)),
  },
  // -b is the bundle: STORAGE/overlay-containers/ID/userdata.
  { comm: 'conmon', folder: 'storage', find: (args) => ancestor(valueOf(args, '-b'), 3) },
]

/**
 * Where the runtimes of this host keep their containers: the usual folders, and those that running ones were given.
 *
 * @param procfs to be replaced in a test
 */
export function runtimeFolders(procfs = '/proc'): RuntimeFolders {
  const folders = {
    docker: new Set(usualFolders.docker),
    storage: new Set(usualFolders.storage),
    containerd: new Set(usualFolders.containerd),
  }
  const ownMounts = linkOf(join(procfs, 'self/ns/mnt'))
  for (const pid of readdirSync(procfs).filter((name) => /^\d+$/.test(name))) {
    const directory = join(procfs, pid)
    const comm = textOf(join(directory, 'comm')).trimEnd()
    for (const runtime of runtimeProcesses.filter((known) => comm.startsWith(known.comm))) {
      const isElsewhere = linkOf(join(directory, 'ns/mnt')) !== ownMounts
      const seenFromHere = (file: string): string => (isElsewhere ? join(directory, 'root', file) : file)
      const args = textOf(join(directory, 'cmdline')).split('\0')
      const found = runtime.find(args, linkOf(join(directory, 'cwd')) ?? '', (file) => textOf(seenFromHere(file)))
      if (found?.startsWith('/')) folders[runtime.folder].add(seenFromHere(found))
    }
  }
  return { docker: [...folders.docker], storage: [...folders.storage], containerd: [...folders.containerd] }
}

/** Whether this host has a container runtime: one keeps something, or one runs. */
export function hasRuntime(): boolean {
  const { docker, storage, containerd } = runtimeFolders()
  return [
    ...docker.map((folder) => join(folder, 'containers')),
    ...storage.map((folder) => join(folder, 'overlay-containers')),
    ...containerd.map((folder) => join(folder, 'io.containerd.runtime.v2.task')),
  ].some((folder) => existsSync(folder))
}

/** Of `--name value` or `--name=value`. */
function valueOf(args: readonly string[], name: string): string | undefined {
  const index = args.indexOf(name)
  if (index >= 0) return args[index + 1]
  return args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** `STATE/io.containerd.runtime.v2.task/NAMESPACE/ID` → `STATE`. */
function taskRoot(bundle: string): string | undefined {
  return bundle.includes('/io.containerd.runtime.v2.task/') ? ancestor(bundle, 3) : undefined
}

/** Docker mounts `ROOT/containers/ID/hostname` and its like into each container. */
function dockerRoot(bundleConfig: string): string | undefined {
  return /"source":\s*"([^"]+)\/containers\/[0-9a-f]{64}\/(?:hostname|hosts|resolv\.conf)"/.exec(bundleConfig)?.[1]
}

function ancestor(path: string | undefined, levels: number): string | undefined {
  let folder = path
  for (let i = 0; i < levels && folder !== undefined; i++) folder = dirname(folder)
  return folder
}

/** Empty for a process that has gone, or whose files are not ours to read. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch {
    return undefined
  }
}
