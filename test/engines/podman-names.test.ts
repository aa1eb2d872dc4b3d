import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Actor } from '../../lab/actor.ts'
import { PodmanEngine } from '../../lab/engines/podman-engine.ts'
import { rootImage } from '../../lab/engines/root-image.ts'
import { Recording } from '../kernel/recording.ts'
import { assertSameRows } from '../same-rows.ts'
import { churn } from './churn.ts'
import { containerEvents, talk } from './owner-words.ts'

const skip = PodmanEngine.lacking() ?? false
const image = 'lab/root:test'
const command = ['sleep', '1000']
const imageName = `localhost/${image}`

test('Podman: names on both ends, restarted and renamed, in a pod', { skip }, async () => {
  await using engine = await PodmanEngine.start()
  await engine.importImage(image, rootImage().tar)
  using recording = await Recording.connections({})
  const web = await engine.run({ name: 'web', image, command })
  const api = await engine.run({ name: 'api', image, command })
  {
    await using client = await Actor.inContainer(web)
    await using server = await Actor.inContainer(api)
    await talk(client, server, api.address)
    await recording.until(() => containerEvents(recording).length >= 4)
    const [webText, apiText] = [`web web ${imageName}`, `api api ${imageName}`]
    const expected = [`connect ${webText}`, `accept ${apiText}`, `close ${webText}`, `close ${apiText}`]
    assertSameRows(containerEvents(recording), expected)
  }
  recording.connections.length = 0
  const again = await engine.restart(api.id)
  await engine.rename(web.id, 'front')
  await engine.createPod('shop', image)
  const inPod = await engine.run({ name: 'inpod', image, command, pod: 'shop' })
  await sleep(600)
  await using client = await Actor.inContainer(web)
  await using server = await Actor.inContainer(again)
  await using podClient = await Actor.inContainer(inPod)
  await talk(client, server, again.address)
  await talk(podClient, server, again.address)
  await recording.until(() => containerEvents(recording).length >= 8)
  assertSameRows(containerEvents(recording), [
    `connect front front ${imageName}`,
    `accept api api ${imageName}`,
    `close front front ${imageName}`,
    `close api api ${imageName}`,
    `connect inpod inpod ${imageName}`,
    `accept api api ${imageName}`,
    `close inpod inpod ${imageName}`,
    `close api api ${imageName}`,
  ])
})

test(
  'Podman: 100 containers created and destroyed while each connects once: no wrong name',
  { skip },
  async (context) => {
    await using engine = await PodmanEngine.start()
    await engine.importImage(image, rootImage().tar)
    const server = await engine.run({ name: 'server', image, command })
    const live = async (number: number, connecting: string[]): Promise<string> => {
      const id = (await engine.podman('create', `--name=client-${number}`, image, ...connecting)).trim()
      await engine.podman('start', '--attach', id)
      await engine.remove(id)
      return id
    }
    await churn(context, server, live, (number) => `client-${number}`)
  },
)
