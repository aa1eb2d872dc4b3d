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
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    rssBytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    ...bpfObjects(),
  }
}

/** How many BPF objects the host has. */
export function bpfObjects(): Pick<Held, 'programs' | 'maps' | 'links'> {
  return { programs: count('prog'), maps: count('map'), links: count('link') }
}

function count(kind: string): number {
  const listed = JSON.parse(execFileSync('/usr/sbin/bpftool', ['--json', kind, 'show']).toString() || '[]') as unknown[]
  return listed.length
}

/** The slope of a straight line through points (least squares). */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)]
  const xy = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  const xx = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return xy / xx
}
