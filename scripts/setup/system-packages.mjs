import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
  'aardvark-dns': '/usr/lib/podman/aardvark-dns',
  'busybox-static': '/bin/busybox',
  'clickhouse-server': '/usr/sbin/clickhouse-server',
  conmon: '/usr/bin/conmon',
  containerd: '/usr/bin/containerd',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  cpio: '/usr/bin/cpio',
  'default-jre-headless': '/usr/bin/java',
  'dnsmasq-base': '/usr/sbin/dnsmasq',
  'docker-compose': '/usr/bin/docker-compose',
  'docker.io': '/usr/sbin/dockerd',
  iproute2: '/usr/sbin/ip',
  iptables: '/usr/sbin/iptables',
  netavark: '/usr/lib/podman/netavark',
  nftables: '/usr/sbin/nft',
  'nginx-light': '/usr/sbin/nginx',
  podman: '/usr/bin/podman',
  prometheus: '/usr/bin/prometheus',
  'prometheus-alertmanager': '/usr/bin/prometheus-alertmanager',
  'qemu-system-x86': '/usr/bin/qemu-system-x86_64',
  'redis-server': '/usr/bin/redis-server',
  'redis-tools': '/usr/bin/redis-benchmark',
  runc: '/usr/sbin/runc',
  strace: '/usr/bin/strace',
  systemd: '/usr/bin/systemd-analyze',
  'util-linux': '/usr/bin/nsenter',
  zookeeper: '/usr/share/java/zookeeper.jar',
}

/** @typedef {'run' | 'test' | 'bench'} Purpose what set-up prepares for */

/**
 * @param {Purpose} purpose
 * @returns {import('./step.mjs').Step}
 */
export function systemPackages(purpose) {
  const files = { ...toRun, ...{ run: {}, test: toTest, bench: toTest }[purpose] }
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
  withoutServices(names, () => run('apt-get', ['install', '--yes', '--no-install-recommends', ...names], { env }))
}

/** Asked by packages whether they may start their services; it says no. */
const policyFile = '/usr/sbin/policy-rc.d'
const policy = '#!/bin/sh\n# By the set-up of wirelag, while it installs packages. May be deleted.\nexit 101\n'

/**
 * Tests start engines and servers of their own: those of the host are neither started nor enabled. A policy that is there
 * already decides itself.
 *
 * @param {string[]} names of packages
 * @param {() => void} installPackages
 */
function withoutServices(names, installPackages) {
  const isOurs = !existsSync(policyFile) || readFileSync(policyFile, 'utf8') === policy
  if (!isOurs) return installPackages()
  // With a listener, an interrupt ends apt-get alone, and the policy is still removed.
  const ignore = () => {}
  process.on('SIGINT', ignore)
  writeFileSync(policyFile, policy, { mode: 0o755 })
  try {
    installPackages()
    disableServices(names)
  } finally {
    rmSync(policyFile)
    process.off('SIGINT', ignore)
  }
}

/** @param {string[]} names of packages */
function disableServices(names) {
  const files = run('dpkg', ['--listfiles', ...names]).split('\n')
  const units = files.map((file) => /\/lib\/systemd\/system\/([^/@]+\.(?:service|socket|timer))$/.exec(file)?.[1])
  const isThere = spawnSync('systemctl', ['--version']).status === 0
  if (isThere) run('systemctl', ['--quiet', 'disable', ...units.filter((unit) => unit !== undefined)])
}
