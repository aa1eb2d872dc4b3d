import { native } from './native.ts'

/**
 * The path of a cgroup from the root of its hierarchy.
 *
 * @param mountPoint where the hierarchy is mounted
 * @param id as the kernel gives it with every task
 * @returns undefined where there is none any more, or it lies outside what is mounted there
 */
export function cgroupPathOf(mountPoint: string, id: number): string | undefined {
  const path = native().cgroupPath(mountPoint, BigInt(id))
  if (path === undefined || path === mountPoint) return path && '/'
  return path.startsWith(`${mountPoint}/`) ? path.slice(mountPoint.length) : undefined
}

/** The kernel's number of a cgroup controller, `memory`; undefined where it has none of that name, or does not tell. */
export function controllerNumber(controller: string): number | undefined {
  const found = Object.entries(controllers()).find(([, name]) => name === `${controller}_cgrp_id`)
  return found && Number(found[0])
}

function controllers(): Record<number, string> {
  try {
    return native().kernelEnum('cgroup_subsys_id')
  } catch {
    return {} // Without BTF nothing will load: that is said there.
  }
}
