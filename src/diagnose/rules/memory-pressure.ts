import type { CgroupMemory, HostFacts } from '../../model/host-facts.ts'
import { pressureShare } from '../pressure-share.ts'
import { found, ruledOut, type Rule } from '../rule.ts'
import { percentText, weightOf } from '../words.ts'

const leastShare = 0.1
const swapPagesPerSecond = 100
/** A cgroup that fills its limit with files that it reads once is at it as well, and nobody waits. */
const leastHits = 100

/** Tasks that wait for memory, or for pages from swap. */
export const memoryPressure: Rule = ({ host, spanNs }) => {
  if (!host) return found()
  const { before, now } = host
  const share = pressureShare(before, now, 'memory', spanNs)
  const pages = now.swap.inPages - before.swap.inPages + (now.swap.outPages - before.swap.outPages)
  const swapped = (pages * 1e9) / spanNs
  const available = `${mebibytes(now.memory.availableBytes)} of ${mebibytes(now.memory.totalBytes)} are available on the host`
  if (share <= leastShare && swapped <= swapPagesPerSecond)
    return ruledOut('memory-pressure', `tasks waited for memory ${percentText(share)} of the time; ${available}`)
  const short = shortCgroup(before, now)
  const whom = short ? `The cgroup ${short.path} has less memory than it needs` : 'This host is short of memory'
  return found({
    cause: 'memory-pressure',
    culprit: undefined,
    sentence: `${whom}: tasks wait for it ${percentText(share)} of the time.`,
    sinceNs: undefined,
    evidence: [
      `memory pressure (PSI some) ${percentText(share)} of the time, ${swapped.toFixed(0)} pages a second to and from swap`,
      ...(short
        ? [`it wanted more than its limit of ${mebibytes(short.limitBytes)} ${short.limitHits} times meanwhile`]
        : []),
      available,
    ],
    confidence: 0.9,
    weight: weightOf(Math.max(share, swapped / 1000), 0.3),
    confirm: 'cat /proc/pressure/memory; vmstat 1',
    advice: short
      ? 'Raise the memory limit of its container or unit (docker update --memory, MemoryMax=), or have it touch less at once.'
      : 'Find what takes the memory (ps aux --sort=-rss), bound it, or give the host more.',
  })
}

/** The one that was at its limit most often in the span; undefined: none, or the host itself has too little. */
function shortCgroup(before: HostFacts, now: HostFacts): CgroupMemory | undefined {
  const hits = new Map(before.cgroupMemory?.map(({ path, limitHits }) => [path, limitHits]))
  const rises = (now.cgroupMemory ?? []).map((cgroup) => {
    const { path, limitHits } = cgroup
    const known = hits.get(path) ?? 0
    // One that came meanwhile counts from zero, also under the path of another.
    return { ...cgroup, limitHits: limitHits < known ? limitHits : limitHits - known }
  })
  const [most] = rises.toSorted((one, other) => other.limitHits - one.limitHits)
  return most && most.limitHits >= leastHits ? most : undefined
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`
}
