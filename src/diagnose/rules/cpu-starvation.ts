import type { Finding } from '../../model/finding.ts'
import type { HostFacts } from '../../model/host-facts.ts'
import type { Observation } from '../../model/observation.ts'
import { pressureShare } from '../pressure-share.ts'
import { found, ruledOut, type Rule } from '../rule.ts'
import { slowReaders } from '../slow-pickups.ts'
import { percentText, weightOf } from '../words.ts'

const cpuShare = 0.5
const mostIdleShare = 0.05
/** A full host makes everybody wait a little. */
const shortWaitNs = 5e6

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
  const { threads, idleShare = 1 } = observation
  const slow = new Set(slowReaders(observation, shortWaitNs).map(({ reader }) => `${reader.pid} ${reader.tid}`))
  const short = threads.filter(
    ({ pid, tid, waitedNs, spanNs }) => waitedNs > 0.15 * spanNs && slow.has(`${pid} ${tid}`),
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
