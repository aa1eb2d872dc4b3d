import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The file system of a guest while it is put together, and its image. */
export class GuestTree {
  /** On this host. */
  readonly root: string

  /** @param root which is made anew */
  constructor(root: string) {
    this.root = root
    rmSync(root, { recursive: true, force: true })
  }

  addFolders(...folders: readonly string[]): void {
    for (const folder of folders) mkdirSync(join(this.root, folder), { recursive: true })
  }

  /** Of this host: a file, or a folder with all that is in it. */
  add(path: string, to = path): void {
    this.#beside(to, (place) => cpSync(path, place, { recursive: true, dereference: true }))
  }

  addExecutable(path: string, to = path): void {
    this.add(path, to)
    this.addLibrariesOf(path)
  }

  /** The shared libraries of a binary, its dynamic loader among them. */
  addLibrariesOf(path: string): void {
    const libraries =
      execFileSync('ldd', [path])
        .toString()
        .match(/\/\S+\.so\S*/g) ?? []
    for (const library of libraries) this.add(library)
  }

  /** Busybox, by the names of what it is to be. */
  addBusybox(...applets: readonly string[]): void {
    this.add('/bin/busybox')
    for (const applet of applets) this.#beside(`/bin/${applet}`, (place) => symlinkSync('/bin/busybox', place))
  }

  write(path: string, text: string, mode = 0o644): void {
    this.#beside(path, (place) => writeFileSync(place, text))
    chmodSync(join(this.root, path), mode)
  }

  /** What is there stays. */
  #beside(path: string, put: (place: string) => void): void {
    const place = join(this.root, path)
    mkdirSync(dirname(place), { recursive: true })
    if (!existsSync(place)) put(place)
  }

  /** The tree as an initramfs; then it is gone. @param file where it is put */
  pack(file: string): void {
    execFileSync('sh', ['-c', 'find . | cpio --quiet -o -H newc -R 0:0 >"$0"', file], { cwd: this.root })
    rmSync(this.root, { recursive: true })
  }
}
