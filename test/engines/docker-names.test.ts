import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { DockerEngine } from '../../lab/engines/docker-engine.ts'
import { rootImage } from '../../lab/engines/root-image.ts'
import type { Task } from '../../src/model/process.ts'
import { assertTook, Recording } from '../kernel/recording.ts'
import { assertSameRows } from '../same-rows.ts'
import { churn } from './churn.ts'
import { containerEvents, talk } from './owner-words.ts'

const skip = DockerEngine.lacking() ?? false
const image = 'lab/root:test'
const sleep = ['sleep', '1000']

async function started(options?: Parameters<typeof DockerEngine.start>[0]): Promise<DockerEngine> {
  await using stack = new AsyncDisposableStack()
  const engine = stack.use(await DockerEngine.start(options))
  await engine.importImage(image, rootImage().tar)
  stack.move()
  return engine
}

test(
  'names on both ends, on the default bridge and a network of their own, restarted and renamed',
  { skip },
  async () => {
    await using engine = await started()
    await engine.createNetwork('backend')
    const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'front' }
    using recording = await Recording.connections({})
    for (const network of ['bridge', 'backend']) {
      const web = await engine.run({ name: `web-${network}`, image, command: sleep, network, labels })
      const api = await engine.run({ name: `api-${network}`, image, command: sleep, network })
      {
        await using client = await Actor.inContainer(web)
        await using server = await Actor.inContainer(api)
        await talk(client, server, api.address)
        await recording.until(() => containerEvents(recording).length >= 4)
        const [webText, apiText] = [`web-${network} shop/front ${image}`, `api-${network} api-${network} ${image}`]
        assertSameRows(containerEvents(recording), [
          `connect ${webText}`,
          `accept ${apiText}`,
          `close ${webText}`,
          `close ${apiText}`,
        ])
      }
      recording.connections.length = 0
      const again = await engine.restart(api.id)
      await engine.rename(web.id, `renamed-${network}`)
      {
        await using client = await Actor.inContainer(web)
        await using server = await Actor.inContainer(again)
        await new Promise((resolve) => setTimeout(resolve, 600))
        await talk(client, server, again.address)
        await recording.until(() => containerEvents(recording).length >= 4)
        assertSameRows(containerEvents(recording), [
          `connect renamed-${network} shop/front ${image}`,
          `accept api-${network} api-${network} ${image}`,
          `close renamed-${network} shop/front ${image}`,
          `close api-${network} api-${network} ${image}`,
        ])
      }
      recording.connections.length = 0
    }
  },
)

test('100 containers created and destroyed while each connects once: no wrong name', { skip }, async (context) => {
  await using engine = await started()
  const server = await engine.run({ name: 'server', image, command: sleep })
  const live = async (number: number, Cmd: string[]): Promise<string> => {
    const created = await engine.request('POST', `/containers/create?name=client-${number}`, { Image: image, Cmd })
    const { Id: id } = created as { Id: string }
    await engine.request('POST', `/containers/${id}/start`)
    await engine.request('POST', `/containers/${id}/wait`)
    await engine.remove(id)
    return id
  }
  await churn(context, server, live, (number) => `client-${number}`)
})

test(
  "a slow send and a slow pickup are their container's; so is a connection that softirq ends",
  { skip },
  async () => {
    await using engine = await started()
    const web = await engine.run({ name: 'web', image, command: sleep })
    const api = await engine.run({ name: 'api', image, command: sleep })
    using recording = await Recording.start({
      signals: ['connect', 'accept', 'close', 'pickup', 'send', 'retransmit', 'reset'],
      filter: {},
      aggregate: 'edge',
      pickupRows: { overNs: 50e6 },
      sendRows: { overNs: 50e6 },
      packetRows: true,
    })
    await using client = await Actor.inContainer(web)
    await using server = await Actor.inContainer(api)
    const { value: port } = await server.do('listen l 0.0.0.0 0 5')
    await client.do('tcp c 4')
    await client.do(`connect c ${api.address} ${port}`)
    await server.do('accept l s')
    await client.do('option c sndbuf 4096')
    const sending = client.in('sender', 'send c 2000000')
    await server.do('sleep 200')
    await server.do('recv s 2000000 waitall')
    const sent = await sending
    // A reset by the peer: its end comes in softirq.
    await client.do('send c 10')
    await server.do('sleep 20')
    await server.do('close s')
    const nameOf = (task: Task | undefined): string | undefined => task?.identity?.container?.name
    await recording.until(() => recording.packets.some(({ kind }) => kind === 'reset'))
    const result = recording.stop()
    assert.deepEqual([...new Set(recording.sends.map(({ sender }) => nameOf(sender)))], ['web'])
    assert.deepEqual([...new Set(recording.pickups.map(({ reader }) => nameOf(reader)))], ['api'])
    assertTook(Math.max(...recording.sends.map(({ latencyNs }) => latencyNs)), sent)
    const resets = recording.packets.flatMap((event) =>
      event.kind === 'reset' ? [`${event.direction} ${nameOf(event.owner)}`] : [],
    )
    assertSameRows(resets, ['sent api', 'received web'])
    const edges = result.activities
      .filter(({ edge }) => edge.process?.identity?.container)
      .map(({ edge }) => `${edge.process?.identity?.container?.name} ${edge.role}`)
    assertSameRows(edges, ['web client', 'api server'])
  },
)

test('the engine stopped and started: names are known all the time', { skip }, async () => {
  await using engine = await started({ liveRestore: true })
  const web = await engine.run({ name: 'web', image, command: sleep })
  const api = await engine.run({ name: 'api', image, command: sleep })
  await engine.stop()
  using recording = await Recording.connections({})
  await using client = await Actor.inContainer(web)
  await using server = await Actor.inContainer(api)
  await talk(client, server, api.address)
  await recording.until(() => containerEvents(recording).length >= 4)
  await engine.startAgain()
  await talk(client, server, api.address)
  await recording.until(() => containerEvents(recording).length >= 8)
  const both = [
    `connect web web ${image}`,
    `accept api api ${image}`,
    `close web web ${image}`,
    `close api api ${image}`,
  ]
  assertSameRows(containerEvents(recording), [...both, ...both])
})
