import type { Finding } from '../../model/finding.ts'
import type { HostFacts } from '../../model/host-facts.ts'
import type { Observation } from '../../model/observation.ts'
import { pressureShare } from '../pressure-share.ts'
import { found, ruledOut, type Rule } from '../rule.ts'
import { percentText, weightOf } from '../words.ts'

const cpuShare = 0.5
const mostIdleShare = 0.05
/** Of the time, that a thread stood in line; and how often as long as it ran. A thread that is busy itself waits less. */
const waitedShare = 0.15
const waitedPerRun = 1.5
/** A full host makes everybody wait a little, now and then. */
const leastWaits = 5

/** More to compute than there are CPUs: then everything is slow. */
export const cpuStarvation: Rule = (observation) => {
  const { host, spanNs } = observation
  if (!host) return found()
  const share = pressureShare(host.before, host.now, 'cpu', spanNs)
  if (isStarved(share, observation)) return found(cpuFinding(share, host.now))
  return ruledOut(
    'cpu-starvation',
    `tasks waited for a CPU ${percentText(share)} of the time, and none that reads from a socket waited long`,
  )
}

/** A batch job may fill every CPU and hurt nobody: who uses sockets must lack them. One full CPU is no full host. */
function isStarved(share: number, observation: Observation): boolean {
  const { pickups, threads, idleShare = 1 } = observation
  const slow = new Map<number, number>()
  for (const { reader, count } of pickups) slow.set(reader.pid, (slow.get(reader.pid) ?? 0) + count)
  const short = threads.filter(
    ({ pid, ranNs, waitedNs, spanNs }) =>
      waitedNs > waitedShare * spanNs && waitedNs > waitedPerRun * ranNs && (slow.get(pid) ?? 0) >= leastWaits,
  )
  return share > cpuShare && idleShare < mostIdleShare && short.length > 0
}

function cpuFinding(share: number, { cpus, loadAverage }: HostFacts): Finding {
  return {
    cause: 'cpu-starvation',
    culprit: undefined,
    sinceNs: undefined,
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
