import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderPrefix, isGone, owner } from './owner.ts'

/** A file system of its own, in a file: ext4 on a loop device. Nothing of it is left when it is disposed of. */
export class DiskImage implements Disposable {
  readonly #folder: string
  /** Where it is mounted. */
  readonly mountPoint: string

  /** @throws Error where this machine has no loop devices, or no ext4 */
  constructor(sizeBytes: number) {
    this.#folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${owner()}-`))
    this.mountPoint = join(this.#folder, 'disk')
    try {
      mkdirSync(this.mountPoint)
      const image = join(this.#folder, 'image')
      const descriptor = openSync(image, 'w')
      ftruncateSync(descriptor, sizeBytes)
      closeSync(descriptor)
      run('mkfs.ext4', ['-q', '-F', '-m', '0', '-O', '^has_journal', image])
      // The device goes with the mount.
      run('mount', ['-o', 'loop', image, this.mountPoint])
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  /** Has a file take all the room that there is. */
  fill(name: string): void {
    const descriptor = openSync(join(this.mountPoint, name), 'w')
    const zeros = new Uint8Array(64 * 1024)
    try {
      for (;;) writeSync(descriptor, zeros)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(descriptor)
    }
  }

  /** Who still has a file of it open keeps the device, and nobody else sees it. */
  [Symbol.dispose](): void {
    unmountBelow(this.#folder)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Unmounts the images of processes that are gone. */
export function unmountImagesOfTheGone(): void {
  const prefix = join(tmpdir(), folderPrefix)
  for (const path of mountPoints()) if (path.startsWith(prefix) && isGone(path.slice(prefix.length))) unmount(path)
}

function unmountBelow(folder: string): void {
  for (const path of mountPoints()) if (path.startsWith(`${folder}/`)) unmount(path)
}

function unmount(path: string): void {
  run('umount', ['--lazy', path])
}

function mountPoints(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  // Blanks and the like stand there as octal numbers.
  const unescaped = (path: string): string =>
    path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)))
  return lines.map((line) => unescaped(line.split(' ')[4] ?? ''))
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
