import { existsSync, readFileSync } from 'node:fs'

/** A hierarchy of cgroups, where this process sees it. */
export interface CgroupMount {
  mountPoint: string
  /** What of the hierarchy is mounted there: `/`, or a folder of it for a process in a cgroup namespace. */
  root: string
}

export interface CgroupMounts {
  /** The unified hierarchy. */
  v2: CgroupMount | undefined
  /** By controller: `memory`, `pids`. */
  v1: ReadonlyMap<string, CgroupMount>
}

/** Every hierarchy that is mounted; the first mount of each counts. */
export function cgroupMounts(procfs = '/proc'): CgroupMounts {
  const v1 = new Map<string, CgroupMount>()
  let v2: CgroupMount | undefined
  for (const line of readFileSync(`${procfs}/self/mountinfo`, 'utf8').trimEnd().split('\n')) {
    const [mountFields = '', superFields = ''] = line.split(' - ')
    const [, , , root = '', mountPoint = ''] = mountFields.split(' ').map(unescapedPath)
    const [type, , options = ''] = superFields.split(' ')
    if (type === 'cgroup2') v2 ??= { mountPoint, root }
    if (type !== 'cgroup') continue
    for (const option of options.split(',')) if (!v1.has(option)) v1.set(option, { mountPoint, root })
  }
  return { v2, v1 }
}

/** A path of mountinfo: the kernel writes its blanks, tabs, line ends and backslashes as octal numbers. */
export function unescapedPath(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)))
}

/** Number of a v1 controller's hierarchy, as /proc/cgroups has it; undefined: the kernel has no such controller. */
export function cgroupHierarchy(controller: string, procfs = '/proc'): number | undefined {
  const file = `${procfs}/cgroups`
  if (!existsSync(file)) return undefined
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${controller}\t`))
  const hierarchy = Number(line?.split('\t')[1])
  return Number.isInteger(hierarchy) ? hierarchy : undefined
}
