import type { Container, Identity } from '../model/container.ts'
import type { EdgeProcess } from '../model/edge.ts'
import type { RecordSubject } from '../model/record.ts'
import { withoutUndefined } from './lossless-json.ts'

/** An identity with short names and nothing that is not known, as it stands in most records. */
interface IdentityCode {
  service: string
  unit?: string
  /** With `*` for the container's id. */
  cgroup?: string
  container?: Partial<Omit<Container, 'compose' | 'pod'>> & {
    compose?: [project: string, service: string]
    pod?: Partial<NonNullable<Container['pod']>>
  }
}

/** Of a process: pid, start, comm, cgroup and identity, as far as they are known. */
export type ProcessCode = [pid: number, startNs: number, comm: string, cgroupId?: number, identity?: IdentityCode]

function encodeIdentity({ service, unit, cgroupPath, container }: Identity): IdentityCode {
  const id = container?.id
  const isShort = id !== undefined && id !== '' && cgroupPath !== undefined && !cgroupPath.includes('*')
  return withoutUndefined({
    service,
    unit,
    cgroup: isShort ? cgroupPath.replaceAll(id, '*') : cgroupPath,
    container: container && encodeContainer(container),
  }) as IdentityCode
}

function encodeContainer({ compose, pod, ...container }: Container): NonNullable<IdentityCode['container']> {
  return withoutUndefined({
    ...container,
    compose: compose && [compose.project, compose.service],
    pod: pod && withoutUndefined(pod),
  }) as NonNullable<IdentityCode['container']>
}

function decodeIdentity({ service, unit, cgroup, container }: IdentityCode): Identity {
  const id = container?.id
  return {
    container: container && decodeContainer(container),
    unit,
    service,
    cgroupPath: id !== undefined && id !== '' ? cgroup?.replaceAll('*', id) : cgroup,
  }
}

function decodeContainer({ compose, pod, ...container }: NonNullable<IdentityCode['container']>): Container {
  return {
    runtime: container.runtime,
    id: container.id,
    name: container.name,
    image: container.image,
    compose: compose && { project: compose[0], service: compose[1] },
    pod: pod && { uid: pod.uid, name: pod.name, namespace: pod.namespace, workload: pod.workload },
  }
}

export function encodeProcess({ pid, startNs, comm, cgroupId, identity }: EdgeProcess): ProcessCode {
  if (identity) return [pid, startNs, comm, cgroupId, encodeIdentity(identity)] as ProcessCode
  return cgroupId === undefined ? [pid, startNs, comm] : [pid, startNs, comm, cgroupId]
}

export function decodeProcess([pid, startNs, comm, cgroupId, identity]: ProcessCode): EdgeProcess {
  return {
    pid,
    startNs,
    comm,
    ...(cgroupId === undefined ? {} : { cgroupId }),
    ...(identity ? { identity: decodeIdentity(identity) } : {}),
  }
}

export const noSubject: RecordSubject = { service: '', container: '', pod: '', namespace: '' }

/** By whom a record of a process is asked for; of nobody's it is empty. */
export function subjectOf(process: { comm: string; identity?: Identity } | undefined): RecordSubject {
  if (!process) return noSubject
  const { container, service } = process.identity ?? {}
  return {
    service: service ?? process.comm,
    container: container?.name ?? container?.id?.slice(0, 12) ?? '',
    pod: container?.pod?.name ?? '',
    namespace: container?.pod?.namespace ?? '',
  }
}
