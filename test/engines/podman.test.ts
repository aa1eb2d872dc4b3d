import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { PodmanEngine } from '../../lab/engines/podman-engine.ts'
import { rootImage } from '../../lab/engines/root-image.ts'
import { assertNothingLeft, cgroupLines } from './remains.ts'

const skip = PodmanEngine.lacking() ?? false
const image = 'lab/root:test'
const sleep = ['sleep', '1000']

async function started(options?: Parameters<typeof PodmanEngine.start>[0]): Promise<PodmanEngine> {
  await using stack = new AsyncDisposableStack()
  const engine = stack.use(await PodmanEngine.start(options))
  await engine.importImage(image, rootImage().tar)
  stack.move()
  return engine
}

test('Podman: two containers by name, id and cgroup, and nothing is left', { skip }, async () => {
  const engine = await started({ service: true })
  const cgroups = ['libpod_parent']
  try {
    await engine.createNetwork('shop')
    const serve = ['sh', '-c', 'while :; do echo hello | nc -l -p 80; done']
    const api = await engine.run({ name: 'api', image, command: serve, network: 'shop', networkAlias: 'backend' })
    const web = await engine.run({ name: 'web', image, command: sleep, network: 'shop', labels: { tier: 'front' } })
    for (const { id, name, pid } of [api, web]) {
      cgroups.push(`libpod_parent/libpod-${id}`)
      assert.match(id, /^[0-9a-f]{64}$/)
      assert.ok(
        cgroupLines(pid).every((path) => path === `/libpod_parent/libpod-${id}`),
        name,
      )
    }
    const list = (await engine.request('GET', '/v1.41/containers/json')) as { Id: string; Names: string[] }[]
    const idByName = new Map(list.map(({ Id, Names }) => [Names[0], Id]))
    assert.deepEqual([idByName.get('/api'), idByName.get('/web'), idByName.size], [api.id, web.id, 2])
    const said = await engine.exec(web.id, ['nc', 'backend', '80'])
    assert.deepEqual(said, { exitCode: 0, output: 'hello\n', errors: '' })
    await using actor = await Actor.inContainer(web)
    assert.deepEqual(cgroupLines(actor.pid), cgroupLines(web.pid))
  } finally {
    await engine[Symbol.asyncDispose]()
  }
  assertNothingLeft(engine.host.folder, cgroups)
})

test('Podman: a pod shares a network; a container restarted, renamed, removed', { skip }, async () => {
  const engine = await started()
  try {
    const podId = await engine.createPod('shop', image)
    const one = await engine.run({ name: 'one', image, command: sleep, pod: 'shop' })
    const other = await engine.run({ name: 'other', image, command: sleep, pod: 'shop' })
    const addresses = await Promise.all([one, other].map(({ id }) => engine.exec(id, ['ip', 'address'])))
    assert.equal(addresses[0]?.output, addresses[1]?.output)
    assert.ok(cgroupLines(one.pid).every((path) => path === `/libpod_parent/${podId}/libpod-${one.id}`))
    const again = await engine.restart(one.id)
    assert.equal(again.id, one.id)
    assert.notEqual(again.pid, one.pid)
    await engine.rename(one.id, 'two')
    assert.equal((await engine.inspect(one.id)).name, 'two')
    await engine.remove(one.id)
    await engine.removePod(podId)
    assert.equal(await engine.podman('ps', '--all', '--quiet'), '')
  } finally {
    await engine[Symbol.asyncDispose]()
  }
  assertNothingLeft(engine.host.folder, ['libpod_parent'])
})
