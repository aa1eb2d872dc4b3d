import { pressureShare } from '../pressure-share.ts'
import { found, ruledOut, type Rule } from '../rule.ts'
import { percentText, weightOf } from '../words.ts'

const leastShare = 0.1
const swapPagesPerSecond = 100

/** Tasks that wait for memory, or for pages from swap. */
export const memoryPressure: Rule = ({ host, spanNs }) => {
  if (!host) return found()
  const { before, now } = host
  const share = pressureShare(before, now, 'memory', spanNs)
  const pages = now.swap.inPages - before.swap.inPages + (now.swap.outPages - before.swap.outPages)
  const swapped = (pages * 1e9) / spanNs
  const available = `${(now.memory.availableBytes / 2 ** 20).toFixed(0)} MiB of ${(now.memory.totalBytes / 2 ** 20).toFixed(0)} MiB are available`
  if (share <= leastShare && swapped <= swapPagesPerSecond)
    return ruledOut('memory-pressure', `tasks waited for memory ${percentText(share)} of the time; ${available}`)
  return found({
    cause: 'memory-pressure',
    culprit: undefined,
    sentence: `This host is short of memory: tasks wait for it ${percentText(share)} of the time.`,
    sinceNs: undefined,
    evidence: [
      `memory pressure (PSI some) ${percentText(share)} of the time, ${swapped.toFixed(0)} pages a second to and from swap`,
      available,
    ],
    confidence: 0.9,
    weight: weightOf(Math.max(share, swapped / 1000), 0.3),
    confirm: 'cat /proc/pressure/memory; vmstat 1',
    advice: 'Find what takes the memory (ps aux --sort=-rss), bound it, or give the host more.',
  })
}
