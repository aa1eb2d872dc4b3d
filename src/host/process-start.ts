import { readFileSync } from 'node:fs'

/** A tick of /proc is 1/100 s on every architecture that wirelag runs on (USER_HZ). */
const tickNs = 1e7

/**
 * Whether a process is still the one that it was: there, with the same start.
 *
 * @param startNs nanoseconds after boot, suspend included
 */
export function isRunning(pid: number, startNs: number, root = '/proc'): boolean {
  const ticks = startTicks(pid, root)
  return ticks !== undefined && ticks === Math.floor(startNs / tickNs)
}

/** Field 22 of /proc/PID/stat; the comm before it may hold anything, also blanks and parentheses. */
function startTicks(pid: number, root: string): number | undefined {
  try {
    const text = readFileSync(`${root}/${pid}/stat`, 'latin1')
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19])
  } catch {
    return undefined
  }
}
