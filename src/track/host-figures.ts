import type { NamespaceFacts, PressureName, TcpCounterName } from '../model/host-facts.ts'
import type { Observation } from '../model/observation.ts'
import type { Figure } from './figure.ts'

/** Counters of a namespace that tell of trouble. */
export const troubleCounters = {
  listenOverflows: 'accept queue overflows',
  listenDrops: 'dropped SYNs and handshakes',
  tcpReqQFullDoCookies: 'SYN cookies',
  tcpTimeouts: 'retransmission timeouts',
  tcpBacklogDrop: 'backlog drops',
  rcvPruned: 'pruned receive queues',
  tcpAbortOnMemory: 'aborts for want of memory',
  tcpAbortOnTimeout: 'aborts after all retries',
  tcpTimeWaitOverflow: 'TIME_WAIT overflows',
} as const satisfies Partial<Record<TcpCounterName, string>>

/** Figures of the host and of its namespaces. */
export function hostFigures(observation: Observation): Figure[] {
  const { idleShare, drops, spanNs } = observation
  const seconds = spanNs / 1e9
  if (!(seconds > 0)) return []
  return [
    ...(idleShare === undefined ? [] : [share('CPU in use', 1 - idleShare)]),
    ...drops.map(({ reason, count }): Figure => rate({}, `drops: ${reason}`, count, seconds)),
    ...factFigures(observation, seconds),
    ...observation.namespaces.flatMap(({ before, now }) => namespaceFigures(before, now, seconds)),
  ]
}

function share(measure: string, value: number, subject: Figure['subject'] = {}): Figure {
  return { subject, measure, unit: 'share', value, samples: undefined }
}

function rate(subject: Figure['subject'], measure: string, count: number, seconds: number): Figure {
  return { subject, measure, unit: 'perSecond', value: count / seconds, samples: count }
}

function factFigures({ host }: Observation, seconds: number): Figure[] {
  if (!host) return []
  const { before, now } = host
  const pressure = (name: PressureName): Figure[] => {
    const [first, last] = [before.pressure[name], now.pressure[name]]
    if (!first || !last) return []
    return [share(`${name} pressure`, Math.min(1, (last.some.totalUs - first.some.totalUs) / (seconds * 1e6)))]
  }
  const { memory, swap, softnet } = now
  return [
    ...(['cpu', 'memory', 'io'] as const).flatMap((name) => pressure(name)),
    share('memory in use', 1 - memory.availableBytes / memory.totalBytes),
    rate(
      {},
      'pages from and to swap',
      rise(swap.inPages, before.swap.inPages) + rise(swap.outPages, before.swap.outPages),
      seconds,
    ),
    rate({}, 'packets dropped by a full backlog', rise(softnet.dropped, before.softnet.dropped), seconds),
    ...now.disks.map(({ mountPoint, freeBytes, totalBytes }) =>
      share(`disk in use: ${mountPoint}`, 1 - freeBytes / totalBytes),
    ),
  ]
}

function namespaceFigures(before: NamespaceFacts | undefined, now: NamespaceFacts, seconds: number): Figure[] {
  const { netns, conntrack, tcp } = now
  const subject = { netns }
  const counters = Object.entries(troubleCounters).map(([name, title]) => {
    const counter = name as TcpCounterName
    return rate(subject, title, rise(tcp[counter], before?.tcp[counter] ?? 0), seconds)
  })
  if (!conntrack) return counters
  const { counters: last } = conntrack
  const first = before?.conntrack?.counters
  return [
    ...counters,
    ...(conntrack.max > 0 ? [share('conntrack in use', conntrack.count / conntrack.max, subject)] : []),
    ...(last && first
      ? [
          rate(subject, 'conntrack insert failures', rise(last.insertFailed, first.insertFailed), seconds),
          rate(subject, 'conntrack drops', rise(last.drop, first.drop), seconds),
        ]
      : []),
  ]
}

function rise(now: number, before: number): number {
  return Math.max(0, now - before)
}
