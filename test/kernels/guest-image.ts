import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Where wirelag is in the guest. */
const home = '/wirelag'

/** Of the guest's first process: what wirelag needs of a system, then the tests. Results leave by the second port. */
const init = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs none /dev
/bin/busybox mount -t proc none /proc
/bin/busybox mount -t sysfs none /sys
/bin/busybox mount -t tmpfs none /tmp
export PATH=/bin:/usr/bin:/usr/sbin HOME=/root
cd ${home}
/bin/busybox stty -F /dev/ttyS1 raw -echo
node test/kernels/guest/main.js </dev/null >/dev/ttyS1 2>&1
echo "GUEST-EXIT $?" >/dev/ttyS1
/bin/busybox poweroff -f
`

/**
 * Builds the initramfs that all guests boot: busybox, Node.js with its libraries, and wirelag, its TypeScript compiled, as
 * stripping types takes long under emulation.
 *
 * @returns its file
 */
export function guestImage(): string {
  const folder = join(root, 'build/guest')
  const tree = join(folder, 'root')
  rmSync(tree, { recursive: true, force: true })
  for (const name of ['bin', 'dev', 'proc', 'sys', 'tmp', 'root', 'usr/bin', 'usr/sbin'])
    mkdirSync(join(tree, name), { recursive: true })
  writeFileSync(join(tree, 'init'), init)
  chmodSync(join(tree, 'init'), 0o755)
  addFile(tree, '/bin/busybox')
  symlinkSync('busybox', join(tree, 'bin/sh'))
  for (const applet of ['mount', 'mkdir', 'sleep']) symlinkSync('busybox', join(tree, 'bin', applet))
  addExecutable(tree, process.execPath, '/usr/bin/node')
  addExecutable(tree, '/usr/bin/nsenter', '/usr/bin/nsenter')
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['--project', 'test/kernels/tsconfig.json'], { cwd: root })
  for (const name of ['native/build/Release/wirelag.node', 'build/wirelag.bpf.o', 'build/lab/actor', 'package.json']) {
    mkdirSync(dirname(join(tree, home, name)), { recursive: true })
    cpSync(join(root, name), join(tree, home, name))
  }
  for (const name of ['native/build/Release/wirelag.node', 'build/lab/actor']) addLibraries(tree, join(root, name))
  for (const name of ['commander', 'ipaddr.js'])
    cpSync(join(root, 'node_modules', name), join(tree, home, 'node_modules', name), { recursive: true })
  const image = join(folder, 'initramfs.cpio')
  execFileSync('sh', ['-c', 'find . | cpio --quiet -o -H newc -R 0:0 >"$0"', image], { cwd: tree })
  rmSync(tree, { recursive: true })
  return image
}

function addFile(tree: string, file: string, to = file): void {
  mkdirSync(dirname(join(tree, to)), { recursive: true })
  if (!existsSync(join(tree, to))) copyFileSync(file, join(tree, to))
}

function addExecutable(tree: string, file: string, to: string): void {
  addFile(tree, file, to)
  addLibraries(tree, file)
}

/** The shared libraries of a binary, its dynamic loader among them. */
function addLibraries(tree: string, file: string): void {
  const libraries =
    execFileSync('ldd', [file])
      .toString()
      .match(/\/\S+\.so\S*/g) ?? []
  for (const library of libraries) addFile(tree, library)
}
