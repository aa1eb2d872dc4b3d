import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { insideContainer } from '../../lab/engines/container.ts'
import { DockerEngine } from '../../lab/engines/docker-engine.ts'
import { rootImage } from '../../lab/engines/root-image.ts'
import { assertNothingLeft, cgroupLines, output } from './remains.ts'

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

test('Docker: two containers by name, id and cgroup, and nothing is left', { skip }, async () => {
  const engine = await started()
  const cgroups = ['docker']
  try {
    await engine.createNetwork('shop')
    const serve = ['sh', '-c', 'while :; do echo hello | nc -l -p 80; done']
    const api = await engine.run({ name: 'api', image, command: serve, network: 'shop', networkAlias: 'backend' })
    const web = await engine.run({
      name: 'web',
      image,
      command: sleep,
      network: 'shop',
      publish: [{ hostPort: 8080, containerPort: 80 }],
      labels: { tier: 'front' },
    })
    for (const { id, name, pid } of [api, web]) {
      cgroups.push(`docker/${id}`)
      assert.match(id, /^[0-9a-f]{64}$/)
      assert.ok(
        cgroupLines(pid).every((path) => path === `/docker/${id}`),
        name,
      )
    }
    const list = (await engine.request('GET', '/containers/json')) as { Id: string; Names: string[] }[]
    assert.deepEqual(
      new Map(list.map(({ Id, Names }) => [Names[0], Id])),
      new Map([
        ['/web', web.id],
        ['/api', api.id],
      ]),
    )
    const said = await engine.exec(web.id, ['nc', 'backend', '80'])
    assert.deepEqual(said, { exitCode: 0, output: 'hello\n', errors: '' })
    assert.equal(output(insideContainer(web, ['nc', api.address, '80'])), 'hello\n')
    await using actor = await Actor.inContainer(web)
    assert.deepEqual(cgroupLines(actor.pid), cgroupLines(web.pid))
    assert.equal((await actor.do('tid')).value, actor.pid)
  } finally {
    await engine[Symbol.asyncDispose]()
  }
  assertNothingLeft(engine.host.folder, cgroups)
})

test('Docker: a container restarted, renamed, removed', { skip }, async () => {
  await using engine = await started()
  const first = await engine.run({ name: 'one', image, command: sleep })
  const again = await engine.restart(first.id)
  assert.equal(again.id, first.id)
  assert.notEqual(again.pid, first.pid)
  await engine.rename(first.id, 'two')
  assert.equal((await engine.inspect(first.id)).name, 'two')
  await engine.remove(first.id)
  assert.deepEqual(await engine.request('GET', '/containers/json?all=1'), [])
})

test('Docker: containers that outlive the engine', { skip }, async () => {
  await using engine = await started({ liveRestore: true })
  const before = await engine.run({ name: 'one', image, command: sleep })
  await engine.stop()
  assert.match(cgroupLines(before.pid)[0] ?? '', new RegExp(before.id))
  await engine.startAgain()
  assert.deepEqual(await engine.inspect('one'), before)
})
