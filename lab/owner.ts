import { readFileSync, readlinkSync } from 'node:fs'

/** The variable of the environment that processes of the lab have: who owns them. */
export const ownerVariable = 'WIRELAG_LAB_OWNER'

/** Begins the names of folders for temporary files; who owns one follows. */
export const folderPrefix = 'wirelag-lab-'

/** This process, told apart from any other that has or had its pid; stands in the names of what it makes. */
export function owner(): string {
  return `${pidNamespace()}-${process.pid}-${startTimeOf(process.pid) ?? 0}`
}

/**
 * Whether a process of which `owner()` told is over. Of one in another namespace of pids, say in a container, nobody here
 * can tell, so it is not.
 */
export function isGone(name: string): boolean {
  const [namespace, pid, startTime] = name.split('-').map(Number)
  return namespace === pidNamespace() && pid !== undefined && startTimeOf(pid) !== startTime
}

function pidNamespace(): number {
  return Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0])
}

/** In ticks since boot; nothing where there is no such process. */
function startTimeOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may hold anything; what follows begins with the third field.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  } catch {
    return undefined
  }
}
