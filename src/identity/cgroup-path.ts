import type { ContainerRuntime } from '../model/container.ts'

/** What a cgroup's path tells of the processes in it. */
export interface CgroupIdentity {
  /** Undefined: no container, or one whose path names no runtime. */
  runtime: ContainerRuntime | undefined
  /** 64 hex digits; of what has no id, such as LXC, undefined. */
  containerId: string | undefined
  /** Of a runtime that goes by names: LXC, systemd-nspawn, `ctr`. */
  containerName: string | undefined
  pod: { uid: string; qosClass: 'guaranteed' | 'burstable' | 'besteffort' } | undefined
  /** The systemd unit that is nearest, with its suffix: `nginx.service`, `session-3.scope`. */
  unit: string | undefined
}

const runtimesByPrefix: Record<string, ContainerRuntime> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  nerdctl: 'containerd',
  crio: 'cri-o',
  libpod: 'podman',
}

/** Runtimes that put their containers into a cgroup of this name. */
const runtimesByParent: Record<string, ContainerRuntime> = {
  docker: 'docker',
  libpod_parent: 'podman',
  ecs: 'ecs',
}

/**
 * Reads a path as /proc/PID/cgroup shows it. Where containers stand in each other (kind, Docker in Docker), it is the
 * innermost that counts. Monitors of containers (conmon) are none.
 */
export function parseCgroupPath(path: string): CgroupIdentity {
  const parts = path
    .replace(/ \(deleted\)$/, '')
    .split('/')
    .filter(isTelling)
  const container = innermostContainer(parts)
  return {
    runtime: container?.runtime,
    containerId: container?.id,
    containerName: container?.name,
    pod: container?.id === undefined ? undefined : podOf(parts.slice(0, container.depth + 1)),
    unit: unitOf(container ? parts.slice(0, container.depth) : parts),
  }
}

/** What runtimes add below the container itself tells nothing, nor do the dots of a cgroup namespace. */
function isTelling(part: string): boolean {
  return part !== '' && part !== '..' && part !== 'container' && part !== 'payload'
}

interface FoundContainer {
  runtime: ContainerRuntime | undefined
  id: string | undefined
  name: string | undefined
  /** Index of its part in the path. */
  depth: number
}

function innermostContainer(parts: readonly string[]): FoundContainer | undefined {
  for (let depth = parts.length - 1; depth >= 0; depth--) {
    const part = parts[depth] ?? ''
    const found = containerById(part, parts[depth - 1]) ?? containerByName(part, parts[depth - 1], depth)
    if (found) return { ...found, depth }
  }
  return undefined
}

function containerById(part: string, parent: string | undefined): Omit<FoundContainer, 'depth'> | undefined {
  const match = /^(?:(?<prefix>.*)[-:])?(?<id>[0-9a-f]{64})(?:\.scope)?$/.exec(part)
  if (!match?.groups?.['id']) return undefined
  const { prefix = '', id } = match.groups
  if (/(^|-)conmon$/.test(prefix)) return undefined
  // `kubepods-….slice:cri-containerd:ID`, where runtime and kubelet do not agree on who makes cgroups.
  const runtime = runtimesByPrefix[prefix.split(':').at(-1) ?? ''] ?? runtimesByParent[parent ?? '']
  return { runtime, id, name: undefined }
}

function containerByName(
  part: string,
  parent: string | undefined,
  depth: number,
): Omit<FoundContainer, 'depth'> | undefined {
  const lxc = /^lxc\.payload\.(?<name>.+)$/.exec(part)?.groups?.['name'] ?? (parent === 'lxc' ? part : undefined)
  if (lxc !== undefined) return { runtime: 'lxc', id: undefined, name: lxc }
  if (parent === 'machine.slice') {
    const machine = /^machine-(?<name>.+)\.scope$/.exec(part)?.groups?.['name']
    if (machine !== undefined && !machine.startsWith('libpod'))
      return { runtime: 'nspawn', id: undefined, name: unescaped(machine) }
  }
  if (parent === 'default' && depth === 1) return { runtime: 'containerd', id: undefined, name: part }
  return undefined
}

/** systemd writes what may not stand in a unit's name as `\x2d`. */
function unescaped(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
}

/** The uid of a pod has underscores in a slice's name; that of a static pod is a hash without dashes. */
function podOf(parts: readonly string[]): CgroupIdentity['pod'] {
  for (const part of parts.toReversed()) {
    const match =
      /pod(?<uid>[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?![0-9a-f])/.exec(
        part,
      )
    const uid = match?.groups?.['uid']
    if (uid !== undefined) return { uid: uid.replaceAll('_', '-'), qosClass: qosClassOf(parts) }
  }
  return undefined
}

function qosClassOf(parts: readonly string[]): 'guaranteed' | 'burstable' | 'besteffort' {
  const path = parts.join('/')
  return path.includes('besteffort') ? 'besteffort' : path.includes('burstable') ? 'burstable' : 'guaranteed'
}

function unitOf(parts: readonly string[]): string | undefined {
  return parts.findLast((part) => /\.(service|scope)$/.test(part))
}
