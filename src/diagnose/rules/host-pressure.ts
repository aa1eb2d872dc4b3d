import type { Finding } from '../../model/finding.ts'
import type { HostFacts } from '../../model/host-facts.ts'
import type { Observation } from '../../model/observation.ts'
import type { Rule } from '../rule.ts'
import { slowReaders } from '../slow-pickups.ts'
import { percentText, weightOf } from '../words.ts'

const cpuShare = 0.5
const mostIdleShare = 0.05
/** A full host makes everybody wait a little. */
const shortWaitNs = 5e6
const memoryShare = 0.1
const fullDiskShare = 0.02
const swapPagesPerSecond = 100

/** A host that is short of CPU, memory or disk: then everything on it is slow. */
export const hostPressure: Rule = (observation) => {
  const { host, spanNs } = observation
  if (!host) return { findings: [], ruledOut: [] }
  const { before, now } = host
  const cpu = pressureShare(before, now, 'cpu', spanNs)
  const memory = pressureShare(before, now, 'memory', spanNs)
  const swapped = ((now.swap.inPages - before.swap.inPages + (now.swap.outPages - before.swap.outPages)) * 1e9) / spanNs
  const disk = now.disks.find(
    ({ totalBytes, freeBytes, freeInodesShare = 1 }) =>
      freeBytes / totalBytes < fullDiskShare || freeInodesShare < fullDiskShare,
  )
  const findings: Finding[] = []
  if (isStarved(cpu, observation)) findings.push(cpuFinding(cpu, now))
  if (memory > memoryShare || swapped > swapPagesPerSecond)
    findings.push({
      ...common,
      cause: 'memory-pressure',
      sentence: `This host is short of memory: tasks wait for it ${percentText(memory)} of the time.`,
      evidence: [
        `memory pressure (PSI some) ${percentText(memory)} of the time, ${swapped.toFixed(0)} pages a second to and from swap`,
        `${(now.memory.availableBytes / 2 ** 20).toFixed(0)} MiB of ${(now.memory.totalBytes / 2 ** 20).toFixed(0)} MiB are available`,
      ],
      confidence: 0.9,
      weight: weightOf(Math.max(memory, swapped / 1000), 0.3),
      confirm: 'cat /proc/pressure/memory; vmstat 1',
      advice: 'Find what takes the memory (ps aux --sort=-rss), bound it, or give the host more.',
    })
  if (disk)
    findings.push({
      ...common,
      cause: 'disk-full',
      sentence: `The file system at ${disk.mountPoint} is full.`,
      evidence: [
        `${(disk.freeBytes / 2 ** 20).toFixed(0)} MiB of ${(disk.totalBytes / 2 ** 20).toFixed(0)} MiB are free`,
      ],
      confidence: 0.9,
      weight: 0.5,
      confirm: `df -h ${disk.mountPoint}; df -i ${disk.mountPoint}`,
      advice: 'Free some: logs, images of containers (docker system df), core dumps.',
    })
  return {
    findings,
    ruledOut: [
      ...(isStarved(cpu, observation)
        ? []
        : [{ cause: 'cpu-starvation' as const, sentence: `tasks waited for a CPU ${percentText(cpu)} of the time` }]),
      ...(findings.some(({ cause }) => cause === 'memory-pressure')
        ? []
        : [
            {
              cause: 'memory-pressure' as const,
              sentence: `tasks waited for memory ${percentText(memory)} of the time, and next to nothing is swapped`,
            },
          ]),
      ...(disk ? [] : [{ cause: 'disk-full' as const, sentence: 'no file system is full' }]),
    ],
  }
}

const common = { culprit: undefined, sinceNs: undefined }

/** A batch job may fill every CPU and hurt nobody: who uses sockets must lack them. One full CPU is no full host. */
function isStarved(share: number, observation: Observation): boolean {
  const { threads, idleShare = 1 } = observation
  const slow = new Set(slowReaders(observation, shortWaitNs).map(({ reader }) => `${reader.pid} ${reader.tid}`))
  const short = threads.filter(
    ({ pid, tid, waitedNs, spanNs }) => waitedNs > 0.15 * spanNs && slow.has(`${pid} ${tid}`),
  )
  return share > cpuShare && idleShare < mostIdleShare && short.length > 0
}

function cpuFinding(share: number, { cpus, loadAverage }: HostFacts): Finding {
  return {
    ...common,
    cause: 'cpu-starvation',
    sentence: `This host is short of CPUs: tasks wait for one ${percentText(share)} of the time.`,
    evidence: [
      `CPU pressure (PSI some) ${percentText(share)} of the time; load ${loadAverage[0].toFixed(1)} on ${cpus} CPUs`,
    ],
    confidence: 0.85,
    weight: weightOf(share, 0.3),
    confirm: 'cat /proc/pressure/cpu; uptime; top',
    advice: 'Find what computes (top), bound it (CPU limits, nice), or give the host more CPUs.',
  }
}

/** Of the span, in which at least one task waited. */
function pressureShare(before: HostFacts, now: HostFacts, name: 'cpu' | 'memory', spanNs: number): number {
  const [first, last] = [before.pressure[name]?.some, now.pressure[name]?.some]
  return first && last ? Math.min(1, ((last.totalUs - first.totalUs) * 1000) / spanNs) : 0
}
