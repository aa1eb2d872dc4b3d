import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, readlinkSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cgroupMounts, cgroupsOf } from '../../lab/engines/cgroups.ts'
import { folderPrefix, owner, ownerVariable } from '../../lab/owner.ts'

/** What a command wrote that ran in the network namespace of a process. */
export function outputInside({ pid }: { pid: number }, command: readonly string[]): string {
  return execFileSync('nsenter', ['--net', `--target=${pid}`, ...command], { encoding: 'utf8' })
}

/** A counter of the network namespace of a process, as /proc/net/snmp and netstat call it. */
export function counter({ pid }: { pid: number }, group: 'Tcp' | 'TcpExt', name: string): number {
  const text = readFileSync(`/proc/${pid}/net/${group === 'Tcp' ? 'snmp' : 'netstat'}`, 'utf8')
  const [names, values] = text.split('\n').filter((line) => line.startsWith(`${group}:`))
  const index = names?.split(' ').indexOf(name) ?? -1
  return Number(values?.split(' ')[index])
}

/** The lines of `ss` on the TCP sockets of a namespace that are in a state: `syn-recv`. */
export function socketsIn(participant: { pid: number }, state: string): string[] {
  return outputInside(participant, ['ss', '-tnHOi', 'state', state]).split('\n').filter(Boolean)
}

/** Bytes that wait in the receive queues of a namespace, or connections in the accept queues. */
export function received(participant: { pid: number }, state: 'established' | 'listening'): number {
  return socketsIn(participant, state).reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0)
}

/** How long the threads of a process have run, and have waited to run, in nanoseconds. */
export function cpuTimes({ pid }: { pid: number }): { ranNs: number; waitedNs: number } {
  const rows = readdirSync(`/proc/${pid}/task`).map((tid) => {
    const [ranNs = 0, waitedNs = 0] = readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ').map(Number)
    return { ranNs, waitedNs }
  })
  return {
    ranNs: rows.reduce((sum, { ranNs }) => sum + ranNs, 0),
    waitedNs: rows.reduce((sum, { waitedNs }) => sum + waitedNs, 0),
  }
}

/** Folders of the lab's cgroups that a process is in. */
export function labCgroupsOf(pid: number): string[] {
  const names = cgroupsOf(pid).filter((name) => name.includes('wirelag-lab-'))
  return cgroupMounts()
    .flatMap(({ folder }) => names.map((name) => join(folder, name)))
    .filter((folder) => existsSync(folder))
}

/** Where file systems of the lab are mounted. @param whose stands in the names of their owner's folders */
export function labMounts(whose = owner()): string[] {
  const paths = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
  return paths.filter((path) => path.startsWith(join(tmpdir(), folderPrefix)) && path.includes(whose))
}

/** What there is of this process's lab: processes, cgroups, mounts and folders. */
export function labRemains(): string[] {
  return [
    ...pids().filter((pid) => read(`/proc/${pid}/environ`).includes(`${ownerVariable}=${owner()}`)),
    ...cgroupMounts().flatMap(({ folder }) => globSync(join(folder, `wirelag-lab-${owner()}-*`))),
    ...labMounts(),
    ...globSync(join(tmpdir(), `${folderPrefix}${owner()}-*`)),
  ].map(String)
}

/** Processes in any of the network namespaces. The kernel gives the number of one that is gone to the next. */
export function processesIn(netns: readonly number[]): number[] {
  return pids().filter((pid) => netns.includes(netnsOf(pid) ?? -1))
}

/** Whether there is such a process, and it is not dead. */
export function isRunning(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`)
  return stat !== '' && stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
}

function netnsOf(pid: number): number | undefined {
  try {
    return Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0])
  } catch {
    return undefined
  }
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
