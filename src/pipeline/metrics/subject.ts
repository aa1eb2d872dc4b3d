import { serviceOf, type Identity } from '../../model/container.ts'
import type { Edge } from '../../model/edge.ts'
import type { MetricLabels } from '../../model/metric.ts'
import type { LinkSide } from '../../track/links.ts'

/** Whose a point is: its labels but for those of its metric. */
export interface Subject {
  /** The same for the same labels. */
  key: string
  labels: MetricLabels
  /** Made when it is first asked for: see broaderSubject(). */
  broader?: Subject
}

/** The value that stands for all that found no room. */
export const otherText = 'other'

/** Longer names are cut. */
const maxCharacters = 200
/** From here on the kernel gives ports to whoever asks for none (net.ipv4.ip_local_port_range). */
const firstDynamicPort = 32_768

/** Which connections a link on this host is the other end of, as LinkFinder tells it. */
export type LinkOf = (edge: Edge) => LinkSide | undefined

type Process = { identity?: Identity; comm: string }

/** Of sockets that nobody is known to hold. */
const nobody: Process = { comm: 'unknown' }

function subjectOf(labels: MetricLabels): Subject {
  return { key: Object.values(labels).join('\0'), labels }
}

function ownerOf(process: Process): Record<'service' | 'container' | 'namespace' | 'pod', string> {
  const container = process.identity?.container
  return {
    service: labelValue(serviceOf(process)),
    container: labelValue(container?.name ?? container?.id?.slice(0, 12) ?? ''),
    namespace: labelValue(container?.pod?.namespace ?? ''),
    pod: labelValue(container?.pod?.name ?? ''),
  }
}

/** Valid text, so that no two values become one on their way. */
function labelValue(text: string): string {
  return text.slice(0, maxCharacters).toWellFormed()
}

/** Whose a socket is. */
export function ownerSubject(process: Process | undefined): Subject {
  return subjectOf(ownerOf(process ?? nobody))
}

/** Whose an edge is, and with whom. */
export function edgeSubject(edge: Edge, linkOf?: LinkOf): Subject {
  if (!edge.process) return otherEdges
  return subjectOf({ ...ownerOf(edge.process), peer_service: labelValue(peerServiceOf(edge, linkOf)), role: edge.role })
}

/**
 * What the other end goes by: its service where it is on this host and known; `several` where it is more than one that
 * cannot be told apart; of a client else `port:443`, or `port:dynamic` for a port that may be any; of a server else `external`.
 */
function peerServiceOf(edge: Edge, linkOf: LinkOf | undefined): string {
  if (edge.role === 'any') return otherText
  const found = linkOf?.(edge)
  if (found) {
    const { link, side } = found
    if (side === 'client') return link.server.service
    const services = new Set(link.clients.map(({ service }) => service))
    return services.size === 1 ? [...services][0]! : 'several'
  }
  if (edge.role === 'server' || !edge.port) return 'external'
  return edge.port < firstDynamicPort ? `port:${edge.port}` : 'port:dynamic'
}

const otherOwner = { service: otherText, container: otherText, namespace: otherText, pod: otherText }
export const otherOwners = subjectOf(otherOwner)
export const otherEdges = subjectOf({ ...otherOwner, peer_service: otherText, role: otherText })

/** What a subject counts as where there is no room for it: with all its peers as one, else other. */
export function broaderSubject(subject: Subject): Subject {
  const { labels } = subject
  if (labels['role'] === undefined) return otherOwners
  if (labels['peer_service'] === otherText) return otherEdges
  subject.broader ??= subjectOf({ ...labels, peer_service: otherText })
  return subject.broader
}

/** Whether nothing is broader. */
export function isOther(subject: Subject): boolean {
  return subject.key === otherEdges.key || subject.key === otherOwners.key
}
