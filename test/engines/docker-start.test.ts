import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { DockerEngine } from '../../lab/engines/docker-engine.ts'
import { rootImage } from '../../lab/engines/root-image.ts'
import { Recording } from '../kernel/recording.ts'

const skip = DockerEngine.lacking() ?? false
const image = 'lab/root:test'
const command = ['sleep', '1000']
const containers = 50
const connectionsEach = 10

test('500 connections and 50 containers that were there before: every owner is known', { skip }, async (context) => {
  await using engine = await DockerEngine.start()
  await engine.importImage(image, rootImage().tar)
  const api = await engine.run({ name: 'api', image, command })
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await Actor.inContainer(api))
  await server.do('listen l 0.0.0.0 80 1000')
  const names: string[] = []
  for (let i = 0; i < containers; i++) {
    const container = await engine.run({ name: `web-${i}`, image, command })
    const client = stack.use(await Actor.inContainer(container))
    names.push(container.name)
    for (let n = 0; n < connectionsEach; n++) {
      await client.do(`tcp c${n} 4`)
      await client.do(`connect c${n} ${api.address} 80`)
      await server.do(`accept l s${i}-${n}`)
    }
  }
  const startMs = performance.now()
  using recording = await Recording.start({ existingRows: true })
  await recording.until(() => recording.existing.length >= 2 * containers * connectionsEach)
  context.diagnostic(`known after ${(performance.now() - startMs).toFixed(0)} ms`)
  const told = new Map<string, number>()
  for (const { owner, socket } of recording.existing) {
    if (socket.local.port !== 80 && socket.peer.port !== 80) continue
    const name = owner.identity?.container?.name ?? 'none'
    told.set(name, (told.get(name) ?? 0) + 1)
  }
  assert.deepEqual(
    told,
    new Map([...told.keys()].map((name) => [name, name === 'api' ? containers * connectionsEach : connectionsEach])),
  )
  assert.deepEqual(new Set(told.keys()), new Set(['api', ...names]))
})
