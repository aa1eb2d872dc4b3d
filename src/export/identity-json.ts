import { containerText, type Identity } from '../model/container.ts'

/** Whose something is, as docs/json.md describes it; nothing that is not known. */
export function identityJson(identity: Partial<Identity> | undefined): Record<string, unknown> {
  const { container, unit, service, cgroupPath } = identity ?? {}
  const { pod, compose } = container ?? {}
  return {
    service,
    container: container && (container.name ?? containerText(container)),
    containerId: container?.id,
    containerRuntime: container?.runtime,
    image: container?.image,
    composeProject: compose?.project || undefined,
    composeService: compose?.service,
    pod: pod?.name,
    podUid: pod?.uid,
    namespace: pod?.namespace,
    workload: pod?.workload,
    unit,
    cgroup: cgroupPath,
  }
}
