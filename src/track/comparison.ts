import { serviceOf } from '../model/container.ts'
import type { Change, ChangeSubject, ChangeUnit } from '../model/change.ts'
import { peerText } from '../model/edge-text.ts'
import { stageNames, type Edge, type EdgeActivity, type StageName } from '../model/edge.ts'
import type { Observation } from '../model/observation.ts'
import { addActivity, noActivity } from './edge-activity.ts'
import type { Figure } from './figure.ts'
import { hostFigures } from './host-figures.ts'

/** Differences that are nothing: what is added to both sides, so that small figures do not have great ratios. */
const floors: Record<ChangeUnit, number> = {
  ns: 100e3,
  perSecond: 0.2,
  bytesPerSecond: 4096,
  count: 10,
  share: 0.02,
  bytes: 64 * 2 ** 20,
}
/** Less than a half more, or a third less, is no change. */
const leastRatio = 1.5
/** A p95 of fewer is none. */
const leastSamples = 5
/** A share that moved from nothing to all counts as if it was of so many. */
const shareSamples = 256
/** What fails matters more than how much is done. */
const weights: Readonly<Record<string, number>> = { throughput: 0.25, failures: 1.5, retransmits: 1.25 }

const stageTitles: Record<StageName, string> = {
  handshake: 'handshake',
  acceptQueue: 'accept queue',
  send: 'send',
  pickup: 'pickup',
}

/**
 * What moved between two times, the most first. Figures are of services with whom they talk to, of whole services where they
 * have several peers, of sockets by state, and of the host.
 */
export function changesBetween(before: Observation, after: Observation): Change[] {
  const [first, second] = [figuresOf(before), figuresOf(after)]
  const changes = [...new Set([...first.keys(), ...second.keys()])].flatMap((key) => {
    const change = changeOf(first.get(key), second.get(key))
    return change ? [change] : []
  })
  return withoutRepeats(changes).toSorted((a, b) => b.score - a.score)
}

function changeOf(before: Figure | undefined, after: Figure | undefined): Change | undefined {
  const one = after ?? before
  if (!one) return undefined
  const { subject, measure, unit } = one
  // How long something took where nothing was done is not known, and not nothing.
  if (unit === 'ns' && !(before && after)) return undefined
  if ((unit === 'share' || unit === 'bytes') && !(before && after)) return undefined
  const [from, to] = [before?.value ?? 0, after?.value ?? 0]
  const ratio = (to + floors[unit]) / (from + floors[unit])
  const size = Math.max(ratio, 1 / ratio)
  if (!(size >= leastRatio)) return undefined
  const greater = to > from ? after : before
  const samples = greater?.samples ?? Math.max(from, to)
  const volume = unit === 'share' || unit === 'bytes' ? shareSamples * Math.min(1, Math.abs(to - from)) : samples
  const score = Math.log2(size) * Math.log2(1 + volume) * (weights[measure] ?? 1)
  return { subject, measure, unit, before: from, after: to, samples, score }
}

/** Of a service and its edges that moved in the same measure: the service where all of them did, else the edges. */
function withoutRepeats(changes: readonly Change[]): Change[] {
  const groups = Map.groupBy(changes, ({ subject: { service, container, netns }, measure }) =>
    [measure, service, container?.id ?? container?.name, netns].join('|'),
  )
  return [...groups.values()].flatMap((group) => {
    const whole = group.find(({ subject }) => subject.peer === undefined)
    const edges = group.filter((change) => change !== whole)
    if (!whole || edges.length === 0) return group
    const greatest = Math.max(...edges.map(({ score }) => score))
    return edges.length === 1 || greatest > whole.score ? edges : [whole]
  })
}

function figuresOf(observation: Observation): Map<string, Figure> {
  const figures = [...edgeFigures(observation), ...stateFigures(observation), ...hostFigures(observation)]
  return new Map(figures.map((figure) => [keyOf(figure), figure]))
}

function keyOf({ subject: { service = '', container, peer = '', netns }, measure }: Figure): string {
  return [measure, service, container?.id ?? container?.name ?? '', peer, netns ?? ''].join('|')
}

function edgeFigures({ edges, spanNs }: Observation): Figure[] {
  const sums = new Map<string, { subject: ChangeSubject; sum: EdgeActivity }>()
  for (const activity of edges) {
    for (const subject of subjectsOf(activity.edge)) {
      const { service, container, peer = '' } = subject
      const key = [service, container?.id ?? container?.name, peer].join('|')
      const entry = sums.get(key) ?? { subject, sum: noActivity(activity.edge) }
      sums.set(key, entry)
      addActivity(entry.sum, activity)
    }
  }
  return [...sums.values()].flatMap(({ subject, sum }) => activityFigures(subject, sum, spanNs))
}

/** A service, and a service with its peer. */
function subjectsOf(edge: Edge): ChangeSubject[] {
  if (!edge.process) return [{ service: '(others)' }]
  const whole = { service: serviceOf(edge.process), container: edge.process.identity?.container }
  return edge.role === 'any' ? [whole] : [whole, { ...whole, peer: peerText(edge) }]
}

function activityFigures(subject: ChangeSubject, { stages, counts }: EdgeActivity, spanNs: number): Figure[] {
  const seconds = spanNs / 1e9
  if (!(seconds > 0)) return []
  const rate = (measure: string, count: number): Figure => ({
    subject,
    measure,
    unit: 'perSecond',
    value: count / seconds,
    samples: count,
  })
  return [
    ...stageNames.flatMap((stage): Figure[] => {
      const p95Ns = stages[stage].quantileNs(0.95)
      const { count } = stages[stage]
      const p95: Figure[] =
        p95Ns === undefined || count < leastSamples
          ? []
          : [{ subject, measure: `${stageTitles[stage]} p95`, unit: 'ns', value: p95Ns, samples: count }]
      return [...p95, rate(`${stageTitles[stage]}s`.replace('queues', 'queue waits'), count)]
    }),
    rate('failures', counts.failures),
    rate(
      'retransmits',
      Object.values(counts.retransmits).reduce((sum, count) => sum + count, 0),
    ),
    rate('resets', counts.resetsSent + counts.resetsReceived),
    rate('datagrams dropped', counts.drops),
    {
      subject,
      measure: 'throughput',
      unit: 'bytesPerSecond',
      value: counts.sentBytes / seconds,
      samples: counts.sentBytes / 1460,
    },
  ]
}

function stateFigures({ states }: Observation): Figure[] {
  const sums = new Map<string, Figure>()
  for (const { state, owner, now } of states) {
    const subject: ChangeSubject = owner
      ? { service: serviceOf(owner), container: owner.identity?.container }
      : { service: '(unknown)' }
    const figure: Figure = { subject, measure: state, unit: 'count', value: 0, samples: undefined }
    const known = sums.get(keyOf(figure)) ?? figure
    sums.set(keyOf(figure), { ...known, value: known.value + now })
  }
  return [...sums.values()]
}
