export type ContainerRuntime = 'docker' | 'podman' | 'containerd' | 'cri-o' | 'lxc' | 'nspawn' | 'ecs'

/** A container, as far as its runtime tells. */
export interface Container {
  /** Undefined: nothing tells which. */
  runtime: ContainerRuntime | undefined
  /** 64 hex digits; of what goes by names, such as LXC, undefined. */
  id: string | undefined
  /** As its runtime shows it; undefined: nobody tells, it goes by its id. */
  name: string | undefined
  image: string | undefined
  /** Of Docker Compose, or Swarm, whose project is the stack. */
  compose: { project: string; service: string } | undefined
  pod: Pod | undefined
}

/** A Kubernetes pod. */
export interface Pod {
  uid: string | undefined
  name: string | undefined
  namespace: string | undefined
  /** The Deployment, DaemonSet, StatefulSet, Job … that made it. */
  workload: string | undefined
}

/** Whose a process is. */
export interface Identity {
  container: Container | undefined
  /** systemd unit, with its suffix. */
  unit: string | undefined
  /** Compose service, workload, container, unit, else the executable. */
  service: string
  /** From the root of its hierarchy; undefined: not known, or gone before it was looked at. */
  cgroupPath: string | undefined
}

/** Of a process that is in no container and no unit. */
export function serviceAlone(service: string): Identity {
  return { container: undefined, unit: undefined, service, cgroupPath: undefined }
}

/** The service that a process is of; of one that nobody has looked up its comm. */
export function serviceOf({ identity, comm }: { identity?: Identity; comm: string }): string {
  return identity?.service ?? comm
}

/** What a container goes by: its name, or the beginning of its id as `docker ps` shows it. */
export function containerText({ name, id, pod }: Container): string {
  const own = name ?? id?.slice(0, 12) ?? '?'
  return pod?.name === undefined ? own : `${pod.name}/${own}`
}
