import { join } from 'node:path'
import { member, textMember, type ContainerFacts, type ContainerFile } from './container-file.ts'
import { podOfLabels } from './labels.ts'

/**
 * Podman and CRI-O keep their containers with containers/storage: one list of them all, with their names; and CRI-O
 * writes what the kubelet told it into the container's bundle.
 */
export function storageFiles(storage: string, id: string): ContainerFile[] {
  return [
    { path: join(storage, 'overlay-containers', id, 'userdata/config.json'), read: readCrio },
    { path: join(storage, 'overlay-containers/containers.json'), read: readList },
    // Containers that go with the next boot, since containers/storage 1.45.
    { path: join(storage, 'overlay-containers/volatile-containers.json'), read: readList },
  ]
}

function readList(json: unknown, id: string): ContainerFacts | undefined {
  const list: unknown[] = Array.isArray(json) ? json : []
  const entry = list.find((candidate) => textMember(candidate, 'id') === id)
  if (entry === undefined) return undefined
  const metadata = jsonOf(textMember(entry, 'metadata'))
  const name = textMember(member(entry, 'names'), '0') ?? textMember(metadata, 'name')
  return {
    runtime: 'podman',
    name,
    image: textMember(metadata, 'image-name'),
    compose: undefined,
    pod: undefined,
  }
}

/** Of Podman's own bundle undefined: its list tells more. */
function readCrio(json: unknown): ContainerFacts | undefined {
  const annotations = member(json, 'annotations')
  const pod = podOfLabels(annotations) ?? podOfLabels(jsonOf(textMember(annotations, 'io.kubernetes.cri-o.Labels')))
  if (!pod) return undefined
  const isSandbox = textMember(annotations, 'io.kubernetes.cri-o.ContainerType') === 'sandbox'
  return {
    runtime: 'cri-o',
    name: isSandbox ? 'POD' : textMember(annotations, 'io.kubernetes.container.name'),
    image: textMember(annotations, 'io.kubernetes.cri-o.ImageName'),
    compose: undefined,
    pod,
  }
}

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
