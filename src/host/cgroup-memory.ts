import { join } from 'node:path'
import type { CgroupMemory } from '../model/host-facts.ts'
import { cgroupFolders } from './cgroup-folders.ts'
import { cgroupMounts } from './cgroup-mounts.ts'
import { fileText, namedNumbers } from './file-text.ts'

/**
 * Cgroups that wanted more memory than they may have, those that did most often first: memory.failcnt of the memory
 * controller of v1 where that has it, else `max` of memory.events of v2. Paths are from where the hierarchy is mounted.
 *
 * @throws Error where the mounts cannot be read
 */
export function cgroupMemory(procfs = '/proc'): CgroupMemory[] {
  const { v1, v2 } = cgroupMounts(procfs)
  const mount = v1.get('memory') ?? v2
  if (mount === undefined) return []
  return cgroupFolders(mount.mountPoint)
    .flatMap(({ path }) => memoryOf(join(mount.mountPoint, path), path) ?? [])
    .toSorted((one, other) => other.limitHits - one.limitHits)
}

/** Undefined: it has no limit, or never was at it. */
function memoryOf(folder: string, path: string): CgroupMemory | undefined {
  const text = (name: string): string | undefined => fileText(join(folder, name))
  const limitHits = Number(text('memory.failcnt') ?? namedNumbers(text('memory.events') ?? '').get('max') ?? 0)
  if (!(limitHits > 0)) return undefined
  const limitBytes = Number(text('memory.limit_in_bytes') ?? text('memory.max'))
  return Number.isFinite(limitBytes) ? { path, limitBytes, limitHits } : undefined
}
