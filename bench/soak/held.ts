import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** What a process, and the kernel for it, hold at one moment. */
export interface Held {
  rssBytes: number
  descriptors: number
  /** BPF objects of the whole host. */
  programs: number
  maps: number
  links: number
}

export function heldBy(pid: number): Held {
  return {
    rssBytes: rssBytesOf(pid),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    ...bpfObjects(),
  }
}

/** Resident memory of a process, as the kernel tells it now. @throws Error when it is no more */
export function rssBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024
}

/** How many BPF objects the host has. */
export function bpfObjects(): Pick<Held, 'programs' | 'maps' | 'links'> {
  return { programs: count('prog'), maps: count('map'), links: count('link') }
}

function count(kind: string): number {
  const listed = JSON.parse(execFileSync('/usr/sbin/bpftool', ['--json', kind, 'show']).toString() || '[]') as unknown[]
  return listed.length
}

/** A straight line through points (least squares): its slope, and the standard error of that. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): { slope: number; error: number } {
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)]
  const xx = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / xx
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  return { slope, error: Math.sqrt(rest / (points.length - 2) / xx) }
}
