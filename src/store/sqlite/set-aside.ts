import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const maxKept = 2

/** Files beside the database that were set aside: the newest last. */
function setAsideFiles(path: string): string[] {
  const folder = dirname(path)
  const prefix = `${basename(path)}.damaged-`
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && !name.endsWith('-wal') && !name.endsWith('-shm'))
    .toSorted()
    .map((name) => join(folder, name))
}

/**
 * Moves a database out of the way, its -wal with it; of those that were set aside before, only the last are kept.
 *
 * @returns where it is now
 */
export function setDatabaseAside(path: string, unixMs: number): string {
  const aside = freeName(path, unixMs)
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`)
  if (existsSync(path)) renameSync(path, aside)
  rmSync(`${path}-shm`, { force: true })
  forgetOlder(path)
  return aside
}

/** The same of a -wal alone, or of a copy of it, as what is whole of it is still used. */
export function setWalAside(path: string, unixMs: number, isCopy: boolean): void {
  const aside = freeName(path, unixMs)
  if (isCopy) copyFileSync(`${path}-wal`, aside)
  else renameSync(`${path}-wal`, aside)
  rmSync(`${path}-shm`, { force: true })
  forgetOlder(path)
}

function freeName(path: string, unixMs: number): string {
  const stamp = new Date(unixMs).toISOString().replaceAll(/[-:]/g, '')
  for (let i = 0; ; i++) {
    const name = `${path}.damaged-${stamp}${i === 0 ? '' : `-${i}`}`
    if (!existsSync(name) && !existsSync(`${name}-wal`)) return name
  }
}

function forgetOlder(path: string): void {
  for (const file of setAsideFiles(path).slice(0, -maxKept)) forget(file)
}

function forget(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
}

/** What was set aside is kept no longer than all else. */
export function forgetSetAside(path: string, beforeUnixMs: number): void {
  for (const file of setAsideFiles(path)) if (statSync(file).mtimeMs < beforeUnixMs) forget(file)
}

/** On the disk, of what was set aside. */
export function setAsideBytes(path: string): number {
  return bytesOf(setAsideFiles(path))
}

/** On the disk, of the database and what stands beside it. */
export function historyBytes(path: string): number {
  try {
    return bytesOf([path, ...setAsideFiles(path)])
  } catch {
    // The folder is not there, or not readable.
    return 0
  }
}

function bytesOf(files: readonly string[]): number {
  const all = files.flatMap((file) => [file, `${file}-wal`])
  return all.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
}
