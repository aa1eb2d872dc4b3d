import { processKey } from '../../model/edge-text.ts'
import type { EdgeActivity, Edge } from '../../model/edge.ts'
import type { Incident } from '../../model/incident.ts'
import type { Exemplar } from '../../model/metric.ts'
import type { SlowSample } from '../../model/slow-sample.ts'
import type { EdgeMetricName } from './metric-definitions.ts'
import type { Subject } from './subject.ts'

/** Incidents whose sample was not counted yet that wait for the next second; those beyond lead to nothing. */
const maxWaiting = 1000

/** The histogram that a sample was counted in; undefined: in none. */
function histogramOf({ what, protocol, detail, isLowerBound }: SlowSample): EdgeMetricName | undefined {
  if (isLowerBound) return undefined
  if (what === 'send') return protocol === 'udp' ? 'udpSendBlock' : 'tcpSendBlock'
  if (what === 'pickup') return protocol === 'udp' ? 'udpReceivePickup' : 'tcpReceivePickup'
  if (what === 'acceptQueue') return 'tcpAcceptQueue'
  // A connect that failed has no handshake.
  return what === 'handshake' && detail === '' ? 'tcpHandshake' : undefined
}

/** Finds the points that incidents are of: a sample tells its process and its socket, a point is an edge's. */
export class IncidentExemplars {
  #waiting: Incident[] = []
  /** Of the second before: an event may come later than its count. */
  #activitiesBefore: readonly EdgeActivity[] = []

  /**
   * @param subjectOf whose an edge of this second counts
   * @param exemplify false: the sample was not counted there yet
   */
  add(
    incidents: readonly Incident[],
    activities: readonly EdgeActivity[],
    subjectOf: (edge: Edge) => Subject,
    exemplify: (metric: EdgeMetricName, subject: Subject, exemplar: Exemplar) => boolean,
  ): void {
    const all = [...this.#waiting, ...incidents]
    const fresh = new Set(incidents)
    this.#waiting = []
    const candidates = [...this.#activitiesBefore, ...activities]
    this.#activitiesBefore = activities
    if (all.length === 0) return
    const edges = new Map(candidates.map(({ edge }) => [edgeText(edge), edge]))
    for (const incident of all) {
      const metric = histogramOf(incident.sample)
      if (!metric) continue
      const { id: incidentId, unixNs, sample } = incident
      const exemplar = { incidentId, valueNs: sample.latencyNs, unixMs: Number(unixNs / 1_000_000n) }
      const isTied = edgeTextsOf(sample).some((text) => {
        const edge = edges.get(text)
        return edge !== undefined && exemplify(metric, subjectOf(edge), exemplar)
      })
      if (!isTied && fresh.has(incident) && this.#waiting.length < maxWaiting) this.#waiting.push(incident)
    }
  }
}

function edgeText({ process, protocol, role, peerAddress, port }: Edge): string {
  return `${process ? processKey(process) : ''} ${protocol} ${role} ${peerAddress ?? ''} ${port ?? ''}`
}

/** The edges that a sample may be of, the likeliest first: nothing tells which end it is, or whether its edge found room. */
function edgeTextsOf({ task, protocol, socket: { local, peer } }: SlowSample): string[] {
  const process = processKey({ pid: task.pid, startNs: task.processStartNs })
  // Of a UDP socket that is not connected.
  const addresses = protocol === 'udp' ? [peer.address, '0.0.0.0', '::'] : [peer.address]
  return [
    ...addresses.flatMap((address) => [
      `${process} ${protocol} client ${address} ${peer.port}`,
      `${process} ${protocol} server ${address} ${local.port}`,
    ]),
    `${process} ${protocol} any  `,
  ]
}
