import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { member, textMember, type ContainerFacts, type ContainerFile } from './container-file.ts'
import { workloadOfPod } from './labels.ts'

/**
 * containerd writes a bundle for each task, whose config.json has what the kubelet told, or nerdctl, as annotations. Docker
 * has its own namespace there (`moby`) and tells more elsewhere.
 */
export function containerdFiles(state: string, id: string): ContainerFile[] {
  const tasks = join(state, 'io.containerd.runtime.v2.task')
  return namespacesIn(tasks).map((namespace) => ({
    path: join(tasks, namespace, id, 'config.json'),
    read: readBundle,
  }))
}

function namespacesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name !== 'moby')
  } catch {
    return []
  }
}

function readBundle(json: unknown): ContainerFacts {
  const annotations = member(json, 'annotations')
  const cri = (name: string): string | undefined => textMember(annotations, `io.kubernetes.cri.${name}`)
  const podName = cri('sandbox-name')
  const isSandbox = cri('container-type') === 'sandbox'
  return {
    runtime: 'containerd',
    name: isSandbox ? 'POD' : (cri('container-name') ?? textMember(annotations, 'nerdctl/name')),
    image: cri('image-name'),
    compose: undefined,
    pod:
      podName === undefined
        ? undefined
        : {
            uid: cri('sandbox-uid'),
            name: podName,
            namespace: cri('sandbox-namespace'),
            workload: workloadOfPod(podName),
          },
  }
}
