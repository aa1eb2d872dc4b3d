import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Every cgroup of a hierarchy: its id, which is its folder's inode number, and its path from where it is mounted. */
export function cgroupFolders(mountPoint: string): { id: number; path: string }[] {
  const found: { id: number; path: string }[] = []
  const pending = ['/']
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const folder = join(mountPoint, path)
    const stat = statSync(folder, { throwIfNoEntry: false })
    if (!stat) continue
    found.push({ id: stat.ino, path })
    for (const name of foldersIn(folder)) pending.push(join(path, name))
  }
  return found
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  } catch {
    return []
  }
}
