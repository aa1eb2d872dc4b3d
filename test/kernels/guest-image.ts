import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GuestTree } from './guest-tree.ts'

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
  const tree = new GuestTree(join(folder, 'root'))
  tree.addFolders('bin', 'dev', 'proc', 'sys', 'tmp', 'root', 'usr/bin', 'usr/sbin')
  tree.write('/init', init, 0o755)
  tree.addBusybox('sh', 'mount', 'mkdir', 'sleep')
  tree.addExecutable(process.execPath, '/usr/bin/node')
  tree.addExecutable('/usr/bin/nsenter')
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['--project', 'test/kernels/tsconfig.json'], { cwd: root })
  for (const name of ['build/wirelag.bpf.o', 'package.json']) tree.add(join(root, name), join(home, name))
  for (const name of ['native/build/Release/wirelag.node', 'build/lab/actor'])
    tree.addExecutable(join(root, name), join(home, name))
  for (const name of ['commander', 'ipaddr.js'])
    tree.add(join(root, 'node_modules', name), join(home, 'node_modules', name))
  const image = join(folder, 'initramfs.cpio')
  tree.pack(image)
  return image
}
