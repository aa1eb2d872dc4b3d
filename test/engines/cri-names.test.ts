import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { CriEngine, type RunningPod } from '../../lab/engines/cri-engine.ts'
import { rootImage } from '../../lab/engines/root-image.ts'
import type { Container } from '../../src/model/container.ts'
import { Recording } from '../kernel/recording.ts'
import { assertSameRows } from '../same-rows.ts'
import { churn } from './churn.ts'
import { containerEvents, talk } from './owner-words.ts'

const skip = CriEngine.lacking() ?? false
const image = 'docker.io/lab/root:test'
const command = ['sleep', '1000']

function runPod(engine: CriEngine, name: string, digit: number): Promise<RunningPod> {
  return engine.runPod({
    name,
    namespace: 'shop',
    uid: `5f2a1c3e-9b1d-4c6e-8f00-00000000000${digit}`,
    containers: [{ name: 'app', image, command }],
  })
}

test('pods: pod, namespace, workload and container on both ends, without an API server', { skip }, async () => {
  await using engine = await CriEngine.start()
  await engine.importImage(image, rootImage().archive(image))
  using recording = await Recording.connections({})
  const web = await runPod(engine, 'web-5d4f8c7b9d-x2x7k', 1)
  const db = await runPod(engine, 'db-0', 2)
  const [webContainer, dbContainer] = [web.containers[0], db.containers[0]]
  assert.ok(webContainer && dbContainer)
  await using client = await Actor.inContainer(webContainer)
  await using server = await Actor.inContainer(dbContainer)
  const words = [
    `connect shop/web-5d4f8c7b9d-x2x7k (web) app web ${image}`,
    `accept shop/db-0 (db) app db ${image}`,
    `close shop/web-5d4f8c7b9d-x2x7k (web) app web ${image}`,
    `close shop/db-0 (db) app db ${image}`,
  ]
  await talk(client, server, db.address)
  await recording.until(() => containerEvents(recording).length >= 4)
  assertSameRows(containerEvents(recording), words)
  const [event] = recording.connections
  assert.equal(event?.owner?.identity?.container?.pod?.uid, '5f2a1c3e-9b1d-4c6e-8f00-000000000001')
  recording.stop()
  // Who starts while the engine is stopped knows them, too; and filters by pod and namespace.
  await engine.stop()
  using late = await Recording.connections({
    namespace: { include: ['shop'], exclude: [] },
    pod: { include: ['web-*'], exclude: [] },
  })
  await talk(client, server, db.address)
  await late.until(() => containerEvents(late).length >= 2)
  await engine.startAgain()
  assertSameRows(containerEvents(late), [words[0], words[2]])
})

test('100 pods created and destroyed while each connects once: no wrong name', { skip }, async (context) => {
  await using engine = await CriEngine.start()
  await engine.importImage(image, rootImage().archive(image))
  const server = (await runPod(engine, 'server', 0)).containers[0]
  assert.ok(server)
  const live = async (number: number, connecting: string[]): Promise<string> => {
    const pod = await engine.runPod({
      name: `client-${number}`,
      namespace: 'shop',
      uid: `5f2a1c3e-9b1d-4c6e-8f00-${String(100 + number).padStart(12, '0')}`,
      containers: [{ name: 'app', image, command }],
    })
    const id = pod.containers[0]?.id ?? ''
    assert.equal((await engine.exec(id, connecting)).exitCode, 0)
    await engine.removePod(pod.podId)
    return id
  }
  const told = ({ name, pod }: Container): string => `${pod?.namespace}/${pod?.name}/${name}`
  await churn(context, server, live, (number) => `shop/client-${number}/app`, told)
})
