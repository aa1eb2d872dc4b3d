import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const build = fileURLToPath(new URL('../../build/lab', import.meta.url))
const actor = join(build, 'actor')
/** Names of users, and how names are looked up, are found by these, which no binary names. */
const nameLibraries = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2']

/** A root file system for containers, as files. */
export interface RootImage {
  /** The file system as a tar archive. */
  tar: string
  /** An image by that name and with that file system, as `docker save` writes them. */
  archive: (name: string) => string
}

/**
 * Makes a root file system of busybox, the lab's socket actor (/bin/actor) and binaries of this machine, each at its own
 * path and with its shared libraries. It is made once for the same files, below build/lab.
 *
 * @param binaries paths: `/usr/bin/redis-server`
 * @throws Error where one of the files is missing, or tar
 */
export function rootImage(binaries: readonly string[] = []): RootImage {
  for (const file of ['/bin/busybox', actor, ...binaries])
    if (!existsSync(file)) throw new Error(`an image for containers needs ${file}; npm run setup -- --test brings it`)
  const sources = ['/bin/busybox', actor, ...binaries, fileURLToPath(import.meta.url)]
  const key = sources.map((file) => `${file} ${statSync(file).size} ${statSync(file).mtimeMs}`).join('\n')
  const folder = join(build, `root-${digest(sources.join('\n')).slice(0, 16)}`)
  const tar = join(folder, 'root.tar')
  if (!isOf(folder, key)) make(folder, key, binaries)
  return { tar, archive: (name) => archiveOf(folder, name) }
}

/** Whether it was made of these files. */
function isOf(folder: string, key: string): boolean {
  const file = join(folder, 'made-of')
  return existsSync(file) && readFileSync(file, 'utf8') === key
}

/** Makes a folder that is there only once it is whole. */
function make(folder: string, key: string, binaries: readonly string[]): void {
  const temporary = mkdtempSync(`${folder}-`)
  makeTar(temporary, binaries)
  writeFileSync(join(temporary, 'made-of'), key)
  rmSync(folder, { recursive: true, force: true })
  renameSync(temporary, folder)
}

function makeTar(folder: string, binaries: readonly string[]): void {
  const tree = join(folder, 'root')
  for (const name of [
    'bin',
    'sbin',
    'usr/bin',
    'usr/sbin',
    'etc',
    'tmp',
    'proc',
    'sys',
    'dev',
    'run',
    'root',
    'var/lib',
  ])
    mkdirSync(join(tree, name), { recursive: true })
  chmodSync(tree, 0o755)
  chmodSync(join(tree, 'tmp'), 0o1777)
  addBusybox(tree)
  writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n')
  writeFileSync(join(tree, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
  writeFileSync(join(tree, 'etc/nsswitch.conf'), 'hosts: files dns\n')
  addBinary(tree, actor, '/bin/actor')
  for (const file of binaries) addBinary(tree, file)
  addNameLibraries(tree)
  execFileSync('tar', ['--owner=0', '--group=0', '-C', tree, '-cf', join(folder, 'root.tar'), '.'])
  rmSync(tree, { recursive: true })
}

function addBusybox(tree: string): void {
  addFile(tree, '/bin/busybox')
  const applets = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).split('\n').filter(Boolean)
  for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', join(tree, 'bin', applet))
}

function addBinary(tree: string, file: string, to = file): void {
  addFile(tree, file, to)
  for (const library of librariesOf(file)) addFile(tree, library)
}

/** They lie where the C library does. */
function addNameLibraries(tree: string): void {
  const folder = dirname(librariesOf(actor).find((library) => library.includes('/libc.so')) ?? '/')
  for (const name of nameLibraries) if (existsSync(join(folder, name))) addFile(tree, join(folder, name))
}

/** The shared libraries of a binary, its dynamic loader among them; none of a static one. */
function librariesOf(file: string): string[] {
  try {
    return (
      execFileSync('ldd', [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).match(/\/\S+\.so\S*/g) ??
      []
    )
  } catch {
    return []
  }
}

function addFile(tree: string, file: string, to = file): void {
  const target = join(tree, to)
  mkdirSync(dirname(target), { recursive: true })
  // An applet of busybox by that name gives way.
  rmSync(target, { force: true })
  copyFileSync(realpathSync(file), target)
}

/** An image of one layer: its settings by their digest, the layer, and which of them is by which name. */
function archiveOf(folder: string, name: string): string {
  const file = join(folder, `${name.replaceAll(/[^\w.-]/g, '_')}.tar`)
  if (existsSync(file)) return file
  const temporary = mkdtempSync(join(folder, 'archive-'))
  const layer = join(folder, 'root.tar')
  const settings = JSON.stringify({
    architecture: { x64: 'amd64' }[process.arch as string] ?? process.arch,
    os: 'linux',
    // It serves also as what holds the namespaces of a pod, and then does nothing.
    config: { Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sleep', '1000000'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest(readFileSync(layer))}`] },
    history: [{ created: '2026-01-01T00:00:00Z' }],
  })
  const config = `${digest(settings)}.json`
  writeFileSync(join(temporary, config), settings)
  writeFileSync(
    join(temporary, 'manifest.json'),
    JSON.stringify([{ Config: config, RepoTags: [name], Layers: ['root.tar'] }]),
  )
  const whole = join(temporary, 'image.tar')
  execFileSync('tar', ['-cf', whole, '-C', temporary, 'manifest.json', config, '-C', folder, 'root.tar'])
  renameSync(whole, file)
  rmSync(temporary, { recursive: true })
  return file
}

function digest(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
