import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { removeCgroupFolder } from '../own-cgroup.ts'

/** A hierarchy of cgroups. */
export interface CgroupMount {
  folder: string
  isV2: boolean
  /** Of its file system; those of version 1 name the controllers: `cpu`, `name=systemd`. */
  options: string[]
}

/** Where the cgroup hierarchies of this machine are mounted, each once: that of version 2, and those of version 1. */
export function cgroupMounts(): CgroupMount[] {
  const mounts = new Map<string, CgroupMount>()
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const [, , device = '', , folder = ''] = before.split(' ')
    const [type, , options = ''] = after.split(' ')
    // A hierarchy that is mounted again elsewhere is the same one.
    if ((type === 'cgroup' || type === 'cgroup2') && !mounts.has(device))
      mounts.set(device, { folder, isV2: type === 'cgroup2', options: options.split(',') })
  }
  return [...mounts.values()]
}

/** The cgroups of a process, one for each hierarchy, without its leading slash: `docker/4f0c…`; none if it is gone. */
export function cgroupsOf(pid: number): string[] {
  try {
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n').filter(Boolean)
    return [...new Set(lines.map((line) => line.split(':').slice(2).join(':').replace(/^\/+/, '')))].filter(Boolean)
  } catch {
    return []
  }
}

/**
 * Removes a cgroup from all hierarchies, and those above it, as far as they are empty. What has processes or cgroups in it
 * stays.
 *
 * @param path from the root of the hierarchies: `docker/4f0c…`
 * @returns whether nothing more is to be removed; not so while processes in it end
 */
export function removeCgroup(path: string): boolean {
  let isDone = true
  for (const { folder } of cgroupMounts()) {
    if (!removeCgroupFolder(join(folder, path))) isDone &&= hasFolders(join(folder, path))
    else
      for (let above = dirname(path); above !== '.'; above = dirname(above))
        if (!removeCgroupFolder(join(folder, above))) break
  }
  return isDone
}

function hasFolders(folder: string): boolean {
  try {
    return readdirSync(folder, { withFileTypes: true }).some((entry) => entry.isDirectory())
  } catch {
    return false
  }
}
