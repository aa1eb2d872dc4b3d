import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { run, SetupError } from './step.mjs'

/** Debian package: a file of it, by which its presence is known also where there is no dpkg. */
const toRun = {
  bpftool: '/usr/sbin/bpftool',
  clang: '/usr/bin/clang',
  'g++': '/usr/bin/g++',
  'libbpf-dev': '/usr/include/bpf/libbpf.h',
  make: '/usr/bin/make',
  python3: '/usr/bin/python3',
}
const toTest = {
  'busybox-static': '/bin/busybox',
  cpio: '/usr/bin/cpio',
  iproute2: '/usr/sbin/ip',
  nftables: '/usr/sbin/nft',
  'qemu-system-x86': '/usr/bin/qemu-system-x86_64',
  'util-linux': '/usr/bin/nsenter',
}
const toBench = {
  ...toTest,
  'redis-server': '/usr/bin/redis-server',
  'redis-tools': '/usr/bin/redis-benchmark',
}

/** @typedef {'run' | 'test' | 'bench'} Purpose what set-up prepares for */

/**
 * @param {Purpose} purpose
 * @returns {import('./step.mjs').Step}
 */
export function systemPackages(purpose) {
  const files = { ...toRun, ...{ run: {}, test: toTest, bench: toBench }[purpose] }
  const missing = Object.entries(files)
    .filter(([, file]) => !existsSync(file))
    .map(([name]) => name)
  return {
    doing: `installing Debian packages: ${missing.join(', ')}`,
    isDone: () => missing.length === 0,
    run: () => install(missing),
  }
}

/** @param {string[]} names */
function install(names) {
  if (spawnSync('apt-get', ['--version']).status !== 0)
    throw new SetupError(`this system has no apt-get. Install what these Debian packages hold: ${names.join(', ')}`)
  if (process.getuid?.() !== 0)
    throw new SetupError(`packages are missing. As root: apt-get install ${names.join(' ')}\nThen run this again.`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update'], { env })
  run('apt-get', ['install', '--yes', '--no-install-recommends', ...names], { env })
}
