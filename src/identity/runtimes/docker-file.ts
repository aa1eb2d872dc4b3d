import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { member, textMember, type ContainerFacts, type ContainerFile } from './container-file.ts'
import { composeOf, podOfLabels } from './labels.ts'

/**
 * Docker writes all it knows of a container to `containers/ID/config.v2.json`, before it starts it and whenever that
 * changes, its name included. With remapped users the folder is one deeper.
 */
export function dockerFiles(dataRoot: string, id: string): ContainerFile[] {
  return [dataRoot, ...remappedRoots(dataRoot)].map((folder) => ({
    path: join(folder, 'containers', id, 'config.v2.json'),
    read: readDocker,
  }))
}

function remappedRoots(dataRoot: string): string[] {
  try {
    const names = readdirSync(dataRoot).filter((name) => /^\d+\.\d+$/.test(name))
    return names.map((name) => join(dataRoot, name))
  } catch {
    return []
  }
}

function readDocker(json: unknown): ContainerFacts {
  const labels = member(json, 'Config', 'Labels')
  const pod = podOfLabels(labels)
  const name = textMember(json, 'Name')?.replace(/^\//, '')
  return {
    runtime: 'docker',
    name: (pod && textMember(labels, 'io.kubernetes.container.name')) ?? name,
    image: textMember(json, 'Config', 'Image'),
    compose: composeOf(labels),
    pod,
  }
}
