import { serviceOf, type Container } from '../../model/container.ts'
import type { Edge } from '../../model/edge.ts'
import { edgeSubject, type LinkOf, type Subject } from './subject.ts'

/** How soon it is noticed that the other end of an edge became known, or another. */
const goodForMs = 5000

interface Known {
  subject: Subject
  service: string | undefined
  container: Container | undefined
  unixMs: number
}

/** The subjects of edges, which are asked for every second. */
export class EdgeSubjects {
  readonly #linkOf: LinkOf | undefined
  readonly #known = new WeakMap<Edge, Known>()

  constructor(linkOf: LinkOf | undefined) {
    this.#linkOf = linkOf
  }

  of(edge: Edge, unixMs: number): Subject {
    const service = edge.process && serviceOf(edge.process)
    const container = edge.process?.identity?.container
    const known = this.#known.get(edge)
    const isGood = known && known.service === service && known.container === container
    if (isGood && unixMs - known.unixMs < goodForMs) return known.subject
    const subject = edgeSubject(edge, this.#linkOf)
    this.#known.set(edge, { subject, service, container, unixMs })
    return subject
  }
}
