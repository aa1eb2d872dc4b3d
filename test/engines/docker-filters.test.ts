import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { DockerEngine } from '../../lab/engines/docker-engine.ts'
import { rootImage } from '../../lab/engines/root-image.ts'
import type { Filter } from '../../src/model/filter.ts'
import { Run } from '../cli/wirelag.ts'
import { bookOf, isBalanced, Recording } from '../kernel/recording.ts'
import { assertSameRows } from '../same-rows.ts'

const skip = DockerEngine.lacking() ?? false
const image = 'lab/root:test'
const sleep = ['sleep', '1000']
const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'front' }

/** Connects each of the clients once to a server that is in no container of theirs. */
async function connectAll(server: Actor, clients: readonly Actor[], address: string, port: number): Promise<void> {
  for (const client of clients) {
    await client.do('tcp c 4')
    await client.do(`connect c ${address} ${port}`)
    await server.do('accept l s')
    await client.do('close c')
    await server.do('close s')
  }
}

const only = (name: string): { include: string[]; exclude: string[] } => ({ include: [name], exclude: [] })

test('--container and --service, also of containers that are started or renamed meanwhile', { skip }, async () => {
  await using engine = await DockerEngine.start()
  await engine.importImage(image, rootImage().tar)
  const web = await engine.run({ name: 'shop-web', image, command: sleep, labels })
  const other = await engine.run({ name: 'other', image, command: sleep })
  await using server = await Actor.inContainer(other)
  const { value: port } = await server.do('listen l 0.0.0.0 0 5')
  const filters: Record<string, Filter> = {
    name: { container: only('shop-*') },
    id: { container: only(web.id.slice(0, 12)) },
    excluded: { container: { include: ['*'], exclude: ['other'] } },
    service: { service: only('front') },
  }
  for (const [what, filter] of Object.entries(filters)) {
    await using client = await Actor.inContainer(web)
    await using stranger = await Actor.inContainer(other)
    using recording = await Recording.connections(filter)
    await connectAll(server, [stranger, client, stranger], other.address, port)
    await recording.until(() => recording.connections.length >= 2)
    const result = recording.stop()
    const told = recording.connections.map(({ kind, owner }) => `${kind} ${owner?.identity?.container?.name}`)
    assertSameRows(told, ['connect shop-web', 'close shop-web'])
    for (const [signal, attempted] of [
      ['connect', 3],
      ['accept', 3],
      ['close', 6],
    ] as const) {
      const book = bookOf(result, signal)
      assert.ok(isBalanced(book) && book.attempted >= attempted, `${what}: ${JSON.stringify(book)}`)
      assert.equal(book.delivered, signal === 'accept' ? 0 : 1, `${what}: ${JSON.stringify(book)}`)
    }
  }
  using recording = await Recording.connections({ container: only('shop-late*') })
  const late = await engine.run({ name: 'shop-late', image, command: sleep })
  await using lateActor = await Actor.inContainer(late)
  await connectAll(server, [lateActor], other.address, port)
  await recording.until(() => recording.connections.length >= 2)
  await engine.rename(web.id, 'shop-late-2')
  await new Promise((resolve) => setTimeout(resolve, 2500))
  await using renamed = await Actor.inContainer(web)
  await connectAll(server, [renamed], other.address, port)
  await recording.until(() => recording.connections.length >= 4)
  assertSameRows(
    recording.connections.map(({ kind, owner }) => `${kind} ${owner?.identity?.container?.name}`),
    ['connect shop-late', 'close shop-late', 'connect shop-late-2', 'close shop-late-2'],
  )
})

test('the edges of one container only, and every other send is booked as filtered', { skip }, async () => {
  await using engine = await DockerEngine.start()
  await engine.importImage(image, rootImage().tar)
  const web = await engine.run({ name: 'web', image, command: sleep })
  const other = await engine.run({ name: 'other', image, command: sleep })
  await using server = await Actor.inContainer(other)
  await using client = await Actor.inContainer(web)
  const { value: port } = await server.do('listen l 0.0.0.0 0 5')
  using recording = await Recording.start({ signals: ['send'], filter: { container: only('web') }, aggregate: 'edge' })
  await client.do('tcp c 4')
  await client.do(`connect c ${other.address} ${port}`)
  await server.do('accept l s')
  for (let i = 0; i < 5; i++) await client.do('send c 10')
  await server.do('send s 10')
  const result = recording.stop()
  const told = result.activities.map(
    ({ edge, stages }) => `${edge.process?.identity?.container?.name} ${stages.send.count}`,
  )
  assert.deepEqual(told, ['web 5'])
  const book = bookOf(result, 'send')
  assert.ok(isBalanced(book) && book.delivered === 5 && book.filtered >= 1, JSON.stringify(book))
})

test('--config names a service, and --service shows only it', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-config-'))
  const file = join(folder, 'services.yaml')
  writeFileSync(file, 'services:\n  till:\n    comm: actor\n    container: shop-*\n')
  await using engine = await DockerEngine.start()
  await engine.importImage(image, rootImage().tar)
  const web = await engine.run({ name: 'shop-web', image, command: sleep, labels })
  const other = await engine.run({ name: 'other', image, command: sleep })
  await using server = await Actor.inContainer(other)
  await using client = await Actor.inContainer(web)
  const { value: port } = await server.do('listen l 0.0.0.0 0 5')
  using run = new Run(['trace', '--json', '--config', file, '--service', 'till', '--count', '2'])
  await run.until(({ stdout }) => stdout.includes('"start"'))
  await connectAll(server, [client], other.address, port)
  const { stdout } = await run.ended()
  rmSync(folder, { recursive: true })
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ kind }) => kind === 'connect' || kind === 'close')
  assert.deepEqual(
    rows.map(({ kind, service, container, composeProject, composeService, containerRuntime, containerId }) => ({
      kind,
      service,
      container,
      composeProject,
      composeService,
      containerRuntime,
      containerId,
    })),
    ['connect', 'close'].map((kind) => ({
      kind,
      service: 'till',
      container: 'shop-web',
      composeProject: 'shop',
      composeService: 'front',
      containerRuntime: 'docker',
      containerId: web.id,
    })),
  )
})
