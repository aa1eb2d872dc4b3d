import type { Cause, Finding } from '../../model/finding.ts'
import type { Observation, SlowPickups, ThreadTimes } from '../../model/observation.ts'
import type { Rule } from '../rule.ts'
import { slowReaders } from '../slow-pickups.ts'
import { msText, percentText, processOf, weightOf, who } from '../words.ts'

const leastCount = 3

/** Why a reader lets data wait: it computes, wants a CPU and has none, is out of quota, or waits for something else. */
export const slowReader: Rule = (observation) => {
  const slow = slowReaders(observation).filter((pickups) => !isLateAccept(pickups, observation))
  if (slow.length > 0) return { findings: slow.map((pickups) => findingOf(pickups, observation)), ruledOut: [] }
  const longestNs = Math.max(0, ...observation.edges.map(({ stages }) => stages.pickup.quantileNs(0.95) ?? 0))
  return {
    findings: [],
    ruledOut: [
      {
        cause: 'slow-reader-asleep',
        sentence: `readers are quick: the highest p95 of received data's wait is ${msText(longestNs)}`,
      },
    ],
  }
}

/** What waits in a connection that nobody has accepted yet is not the reader's fault. */
function isLateAccept({ reader, waitedNs, count }: SlowPickups, { edges }: Observation): boolean {
  const accepts = edges.filter(
    ({ edge, stages }) => edge.process?.pid === reader.pid && stages.acceptQueue.count >= leastCount,
  )
  return accepts.some(({ stages }) => stages.acceptQueue.sumNs / stages.acceptQueue.count > (0.7 * waitedNs) / count)
}

interface Kind {
  cause: Cause
  what: (times: ThreadTimes) => string
  advice: string
}

const busy: Kind = {
  cause: 'slow-reader-busy',
  what: ({ ranNs, spanNs }) => `computes meanwhile: its thread ran ${percentText(ranNs / spanNs)} of the time`,
  advice: 'Let another thread read, or do less between two reads; a profile of the thread shows what it computes.',
}
const noCpu: Kind = {
  cause: 'slow-reader-no-cpu',
  what: ({ waitedNs, spanNs }) => `wants a CPU and has none for ${percentText(waitedNs / spanNs)} of the time`,
  advice: 'Too much runs on its CPUs: give it others, raise its weight, or move what competes with it.',
}
const throttled: Kind = {
  cause: 'slow-reader-throttled',
  what: ({ throttledNs, spanNs }) =>
    `is held back by its CPU quota for ${percentText(throttledNs / spanNs)} of the time`,
  advice: 'Raise the CPU limit of its container or unit (docker update --cpus, CPUQuota=), or have it do less at once.',
}
const asleep: Kind = {
  cause: 'slow-reader-asleep',
  what: () => 'does something else meanwhile, without a CPU: it sleeps, or waits for a disk, a lock or another peer',
  advice: 'Look what the thread waits for (cat /proc/PID/task/TID/wchan; strace -p); read in a thread of its own.',
}

function kindOf(times: ThreadTimes | undefined): Kind {
  if (!times) return asleep
  if (times.throttledNs > 0.15 * times.spanNs) return throttled
  if (times.waitedNs > 0.15 * times.spanNs && times.waitedNs > 0.4 * times.ranNs) return noCpu
  return times.ranNs > 0.4 * times.spanNs ? busy : asleep
}

function findingOf(pickups: SlowPickups, { threads }: Observation): Finding {
  const { reader, count, waitedNs, longestNs, firstNs } = pickups
  const times = threads.find(({ pid, tid, spanNs }) => pid === reader.pid && tid === reader.tid && spanNs > 0)
  const kind = kindOf(times)
  return {
    cause: kind.cause,
    culprit: processOf(reader),
    sentence: `${who(reader)} lets received data wait ${msText(waitedNs / count)} before it reads it, and ${times ? kind.what(times) : asleep.what(emptyTimes)}.`,
    sinceNs: firstNs,
    evidence: [
      `${count} times data waited, ${msText(waitedNs / count)} in the mean, ${msText(longestNs)} at the longest`,
      ...(times
        ? [
            `its thread ${reader.tid} ran ${msText(times.ranNs)}, wanted a CPU in vain ${msText(times.waitedNs)} and was throttled ${msText(times.throttledNs)} in ${msText(times.spanNs)}`,
          ]
        : []),
    ],
    confidence: times ? 0.95 : 0.7,
    weight: weightOf(waitedNs / count, 20e6),
    confirm: `wirelag pktlat -p ${reader.pid} 1000`,
    advice: kind.advice,
  }
}

const emptyTimes: ThreadTimes = { pid: 0, tid: 0, ranNs: 0, waitedNs: 0, throttledNs: 0, spanNs: 0 }
