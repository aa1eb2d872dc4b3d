import { readFileSync } from 'node:fs'
import { cgroupMounts } from './cgroups.ts'

/** A container that runs. */
export interface RunningContainer {
  /** 64 hexadecimal digits. */
  id: string
  name: string
  /** Of its first process, as the host counts. */
  pid: number
  /** IPv4 address in its first network; empty where it has none of its own. */
  address: string
}

/** A port of the engine's host that leads to one of the container. */
export interface PublishedPort {
  hostPort: number
  containerPort: number
}

/** What came of a command in a container. */
export interface CommandResult {
  /** -1 where a signal ended it. */
  exitCode: number
  /** Of standard output. */
  output: string
  /** Of standard error. */
  errors: string
}

/**
 * The command, made to run in a container as its processes do: its cgroups, file system, network and host name. Only the
 * process ids are the host's, so that the pid of what is spawned is the one that the host sees.
 *
 * @throws Error if the container's process is gone
 */
export function insideContainer(container: { pid: number }, command: readonly string[]): string[] {
  const { pid } = container
  const files = cgroupFolders(pid).map((folder) => `${folder}/cgroup.procs`)
  const script = 'for file in "$@"; do [ "$file" = -- ] && break; echo $$ >"$file"; shift; done; shift; exec "$@"'
  const enter = ['nsenter', `--target=${pid}`, '--mount', '--net', '--uts', '--ipc', '--root', '--wd=/']
  return ['sh', '-ec', script, 'sh', ...files, '--', ...enter, '--', ...command]
}

/** The folders of a process's cgroups, one for each hierarchy of this machine that has any processes in cgroups. */
function cgroupFolders(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n').filter(Boolean)
  return lines.flatMap((line) => {
    const [, controllers = '', ...path] = line.split(':')
    const folder = hierarchyOf(controllers)
    return folder === undefined ? [] : [`${folder}${path.join(':')}`]
  })
}

/** @param controllers as /proc/PID/cgroup names them: `cpu,cpuacct`, `name=systemd`, nothing for version 2 */
function hierarchyOf(controllers: string): string | undefined {
  return cgroupMounts().find((mount) =>
    controllers === ''
      ? mount.isV2
      : !mount.isV2 && controllers.split(',').every((name) => mount.options.includes(name)),
  )?.folder
}
