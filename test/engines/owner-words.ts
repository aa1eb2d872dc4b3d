import type { Actor } from '../../lab/actor.ts'
import type { Identity } from '../../src/model/container.ts'
import type { Recording } from '../kernel/recording.ts'

/** Every connection of a container, in words: `connect web shop/front lab/root:test`. */
export function containerEvents(recording: Recording): string[] {
  return recording.connections
    .filter(({ owner }) => owner?.identity?.container)
    .map(({ kind, owner }) => `${kind} ${whose(owner?.identity)}`)
}

/** Name, service and image; of a pod's container before it namespace, pod and workload. */
function whose(identity: Identity | undefined): string {
  const { container, service } = identity ?? {}
  const compose = container?.compose ? `${container.compose.project}/` : ''
  const { pod } = container ?? {}
  const ofPod = pod ? `${pod.namespace}/${pod.name} (${pod.workload}) ` : ''
  return `${ofPod}${container?.name} ${compose}${service} ${container?.image}`
}

/** Connects from one actor to another, sends 100 bytes, and closes. */
export async function talk(client: Actor, server: Actor, address: string, port = 0): Promise<number> {
  const { value: listeningPort } = await server.do(`listen l 0.0.0.0 ${port} 5`)
  await client.do('tcp c 4')
  await client.do(`connect c ${address} ${listeningPort}`)
  await server.do('accept l s')
  await client.do('send c 100')
  await server.do('recv s 100')
  await client.do('close c')
  await server.do('close s')
  await server.do('close l')
  return listeningPort
}
