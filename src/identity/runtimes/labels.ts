import type { Container, Pod } from '../../model/container.ts'
import { textMember } from './container-file.ts'

/** Of Docker Compose, podman-compose, or a Swarm stack. */
export function composeOf(labels: unknown): Container['compose'] {
  const label = (name: string): string | undefined => textMember(labels, name)
  const service = label('com.docker.compose.service') ?? label('io.podman.compose.service')
  const project = label('com.docker.compose.project') ?? label('io.podman.compose.project')
  if (service !== undefined) return { project: project ?? '', service }
  const swarmService = label('com.docker.swarm.service.name')
  return swarmService === undefined
    ? undefined
    : { project: label('com.docker.stack.namespace') ?? '', service: swarmService }
}

/** As the kubelet labels a pod's containers. */
export function podOfLabels(labels: unknown): Pod | undefined {
  const label = (name: string): string | undefined => textMember(labels, `io.kubernetes.${name}`)
  const name = label('pod.name')
  if (name === undefined) return undefined
  return { uid: label('pod.uid'), name, namespace: label('pod.namespace'), workload: workloadOfPod(name) }
}

/** The letters of what Kubernetes makes up, so that no words come of it: apimachinery, util/rand. */
const madeUp = '[bcdfghjklmnpqrstvwxz2456789]'

/**
 * What made a pod, by how Kubernetes names pods: `web-5d4f8c7b9d-x2x7k` of a Deployment, `db-0` of a StatefulSet,
 * `proxy-x2x7k` of a DaemonSet or a Job, `backup-28465920-x2x7k` of a CronJob. A pod of its own has none.
 */
export function workloadOfPod(pod: string): string | undefined {
  const match =
    new RegExp(`^(?<name>.+)-${madeUp}{6,10}-${madeUp}{5}$`).exec(pod) ??
    new RegExp(`^(?<name>.+)-\\d{8,10}-${madeUp}{5}$`).exec(pod) ??
    new RegExp(`^(?<name>.+)-${madeUp}{5}$`).exec(pod) ??
    /^(?<name>.+)-\d{1,4}$/.exec(pod)
  return match?.groups?.['name']
}
