import { RecentMap } from '../lib/recent-map.ts'
import type { Container, Identity } from '../model/container.ts'
import { parseCgroupPath, type CgroupIdentity } from './cgroup-path.ts'
import type { CgroupPaths } from './cgroup-paths.ts'
import type { Containers } from './containers.ts'
import type { ProcessFacts, ProcessReader } from './process-names.ts'

/** A process, and the cgroup that the kernel found it in when it acted. */
export interface Actor extends ProcessFacts {
  cgroupId: number
}

interface KnownCgroup {
  path: string
  cgroup: CgroupIdentity
}

/** What is kept of services and cgroups. */
const kept = { maxEntries: 16_384, keptMs: 600_000 }

/**
 * Whose a process is. A container or unit follows from the cgroup that the kernel gave with the event, so also for a
 * process that has gone, and never from its pid, which may be another's by now.
 */
export class Identities {
  readonly #paths: CgroupPaths
  readonly #containers: Pick<Containers, 'containerOf'>
  readonly #processes: ProcessReader
  readonly #serviceOf: ServiceRule
  readonly #cgroups = new RecentMap<string, CgroupIdentity>(kept)
  /** By what they are made of, so that the same is the same object. */
  readonly #identities = new RecentMap<string, { container: Container | undefined; identity: Identity }>(kept)

  constructor(parts: {
    paths: CgroupPaths
    containers: Pick<Containers, 'containerOf'>
    processes: ProcessReader
    /** What the user calls services; it goes before everything else. */
    serviceOf?: ServiceRule
  }) {
    this.#paths = parts.paths
    this.#containers = parts.containers
    this.#processes = parts.processes
    this.#serviceOf = parts.serviceOf ?? ((): undefined => undefined)
  }

  /** @param port that the process serves, where it is known */
  of(actor: Actor, port?: number): Identity {
    const known = this.#cgroupOf(actor)
    const container = known && this.#containers.containerOf(known.cgroup)
    const unit = known?.cgroup.unit
    const executable = container || isService(unit) ? undefined : this.#executableOf(actor)
    const own = ownService(container, unit) ?? executable ?? actor.comm
    const service = this.#serviceOf({ comm: actor.comm, container, service: own, port }) ?? own
    const key = `${known?.path ?? '?'}\n${service}`
    const last = this.#identities.get(key)
    if (last && last.container === container) return last.identity
    const identity: Identity = { container, unit, service, cgroupPath: known?.path }
    this.#identities.set(key, { container, identity })
    return identity
  }

  /** Where the kernel's cgroup says nothing, as on a host whose engine uses v1, /proc may. */
  #cgroupOf(actor: Actor): KnownCgroup | undefined {
    const path = actor.cgroupId === 0 ? undefined : this.#paths.pathOf(actor.cgroupId)
    if (path !== undefined && path !== '/') return { path, cgroup: this.#parsed(path) }
    const { cgroup, cgroupPath } = this.#processes.namesOf(actor)
    if (cgroup && cgroupPath !== undefined) return { path: cgroupPath, cgroup }
    return path === undefined ? undefined : { path, cgroup: this.#parsed(path) }
  }

  #parsed(path: string): CgroupIdentity {
    const known = this.#cgroups.get(path)
    if (known) return known
    const parsed = parseCgroupPath(path)
    this.#cgroups.set(path, parsed)
    return parsed
  }

  /** A thread may have any name; a process whose name is another than the executable's is a script. */
  #executableOf(actor: Actor): string | undefined {
    return this.#processes.namesOf(actor).executable
  }
}

/** What the user calls the service of a process; undefined: nothing. */
export type ServiceRule = (process: {
  comm: string
  container: Container | undefined
  /** What it would be called. */
  service: string
  port: number | undefined
}) => string | undefined

function ownService(container: Container | undefined, unit: string | undefined): string | undefined {
  if (container) {
    const { compose, pod, name, id } = container
    return compose?.service ?? pod?.workload ?? pod?.name ?? name ?? id?.slice(0, 12)
  }
  // An underscore comes before names that a file of the cgroup might have, or that begin with one.
  return isService(unit) ? unit.replace(/\.service$/, '').replace(/^_/, '') : undefined
}

function isService(unit: string | undefined): unit is string {
  return unit?.endsWith('.service') === true
}
