import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A network namespace, and a path by which it can be entered. */
export interface NetworkNamespace {
  /** As `ip netns` and /proc show it. */
  inode: number
  path: string
}

/** Where the kernel and iproute2 show namespaces; to be replaced in a test. */
export interface NamespaceRoots {
  procfs: string
  runNetns: string
}

const defaultRoots: NamespaceRoots = { procfs: '/proc', runNetns: '/run/netns' }

/** Every network namespace that a process is in or that has a name; each once. */
export function networkNamespaces(roots: NamespaceRoots = defaultRoots): NetworkNamespace[] {
  const found = new Map<number, NetworkNamespace>()
  for (const pid of entries(roots.procfs).filter((name) => /^\d+$/.test(name))) {
    const path = join(roots.procfs, pid, 'ns/net')
    const inode = inodeOfLink(path)
    if (inode !== undefined && !found.has(inode)) found.set(inode, { inode, path })
  }
  for (const name of entries(roots.runNetns)) {
    const path = join(roots.runNetns, name)
    const inode = inodeOfFile(path)
    if (inode !== undefined && !found.has(inode)) found.set(inode, { inode, path })
  }
  return [...found.values()]
}

/** The inode of the namespace with that name under /run/netns, or at that path. */
export function namespaceInode(nameOrPath: string, roots: NamespaceRoots = defaultRoots): number | undefined {
  return inodeOfFile(nameOrPath.includes('/') ? nameOrPath : join(roots.runNetns, nameOrPath))
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** `net:[4026531840]` → 4026531840; undefined where the process is gone. */
function inodeOfLink(path: string): number | undefined {
  try {
    const inode = /\[(\d+)\]$/.exec(readlinkSync(path))?.[1]
    return inode === undefined ? undefined : Number(inode)
  } catch {
    return undefined
  }
}

function inodeOfFile(path: string): number | undefined {
  try {
    return statSync(path).ino
  } catch {
    return undefined
  }
}
