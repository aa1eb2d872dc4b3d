import { cgroupHierarchy, cgroupMounts } from '../host/cgroup-mounts.ts'
import { controllerNumber } from '../kernel/cgroup-folders.ts'

/** The hierarchy of cgroups that tells whose a task is. */
export interface CgroupHierarchy {
  /** Undefined: not mounted where this process sees it. */
  mountPoint: string | undefined
  /** Of v1: the kernel's number of the controller that it is looked up by; undefined: v2. */
  controller: number | undefined
  /** Of v1: its number in /proc/cgroups. */
  number: number | undefined
}

/** Controllers that every engine puts its containers under, in the order of preference. */
const v1Controllers = ['memory', 'pids', 'cpu', 'devices', 'freezer']

/** v2 where it is mounted, also beside v1: engines put their containers there as well; else v1. */
export function cgroupHierarchyOfHost(): CgroupHierarchy {
  const { v2, v1 } = cgroupMounts()
  if (v2) return { mountPoint: v2.mountPoint, controller: undefined, number: undefined }
  for (const name of v1Controllers) {
    const [mount, number, controller] = [v1.get(name), cgroupHierarchy(name), controllerNumber(name)]
    if (mount && number && controller !== undefined) return { mountPoint: mount.mountPoint, controller, number }
  }
  return { mountPoint: undefined, controller: undefined, number: undefined }
}
