import type { Identity } from '../../model/container.ts'
import { serviceOf } from '../../model/container.ts'
import type { Attributes } from './attributes.ts'

/** A process, or the thread of one, as far as it is known. */
interface Owner {
  pid: number
  comm: string
  tid?: number
  uid?: number
  identity?: Identity
}

/** Whose something is, by OpenTelemetry's conventions; nothing that is not known. */
export function ownerAttributes(owner: Owner | undefined): Attributes {
  if (!owner) return {}
  const { container, unit, cgroupPath } = owner.identity ?? {}
  return {
    'process.pid': owner.pid,
    'process.user.id': owner.uid,
    'process.linux.cgroup': cgroupPath,
    'thread.id': owner.tid,
    'thread.name': owner.comm,
    'container.id': container?.id,
    'container.name': container?.name,
    'container.runtime.name': container?.runtime,
    'container.image.name': container?.image,
    'k8s.namespace.name': container?.pod?.namespace,
    'k8s.pod.name': container?.pod?.name,
    'k8s.pod.uid': container?.pod?.uid,
    'wirelag.service': serviceOf(owner),
    'wirelag.unit': unit,
    'wirelag.workload': container?.pod?.workload,
    'wirelag.compose.project': container?.compose?.project || undefined,
    'wirelag.compose.service': container?.compose?.service,
  }
}
