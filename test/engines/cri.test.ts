import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { CriEngine } from '../../lab/engines/cri-engine.ts'
import { rootImage } from '../../lab/engines/root-image.ts'
import { assertNothingLeft, cgroupLines } from './remains.ts'

const skip = CriEngine.lacking() ?? false
const image = 'docker.io/lab/root:test'
const sleep = ['sleep', '1000']
const uid = '5f2a1c3e-9b1d-4c6e-8f00-0123456789ab'

async function started(): Promise<CriEngine> {
  await using stack = new AsyncDisposableStack()
  const engine = stack.use(await CriEngine.start())
  await engine.importImage(image, rootImage().archive(image))
  stack.move()
  return engine
}

test('pods: two containers by name, id and cgroup, and nothing is left', { skip }, async () => {
  const engine = await started()
  try {
    const serve = ['sh', '-c', 'while :; do echo hello | nc -l -p 80; done']
    const pod = await engine.runPod({
      name: 'web-0',
      namespace: 'shop',
      uid,
      labels: { app: 'web' },
      containers: [
        { name: 'app', image, command: serve },
        { name: 'sidecar', image, command: sleep },
      ],
    })
    const [app, sidecar] = pod.containers
    assert.ok(app && sidecar)
    for (const { id, name, pid } of [app, sidecar]) {
      assert.match(id, /^[0-9a-f]{64}$/)
      assert.ok(
        cgroupLines(pid).every((path) => path === `/kubepods/burstable/pod${uid}/${id}`),
        name,
      )
    }
    assert.ok(cgroupLines(pod.pid).every((path) => path === `${pod.cgroup}/${pod.podId}`))
    const listed = new Map((await engine.list()).map(({ id, labels }) => [id, labels]))
    assert.deepEqual(listed.get(app.id), {
      'io.kubernetes.container.name': 'app',
      'io.kubernetes.pod.name': 'web-0',
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.pod.uid': uid,
    })
    assert.deepEqual([listed.size, listed.get(sidecar.id)?.['io.kubernetes.container.name']], [2, 'sidecar'])
    assert.match(pod.address, /^10\.85\./)
    const said = await engine.exec(sidecar.id, ['nc', '127.0.0.1', '80'])
    assert.deepEqual(said, { exitCode: 0, output: 'hello\n', errors: '' })
    await using actor = await Actor.inContainer(sidecar)
    assert.deepEqual(cgroupLines(actor.pid), cgroupLines(sidecar.pid))
  } finally {
    await engine[Symbol.asyncDispose]()
  }
  assertNothingLeft(engine.host.folder, ['kubepods', `kubepods/burstable/pod${uid}`])
})

test('pods: they outlive the engine, and are removed', { skip }, async () => {
  const engine = await started()
  try {
    const containers = [{ name: 'app', image, command: sleep }]
    const pod = await engine.runPod({ name: 'web', namespace: 'shop', uid, quality: 'guaranteed', containers })
    await engine.stop()
    assert.match(cgroupLines(pod.containers[0]?.pid ?? 0)[0] ?? '', /^\/kubepods\/pod5f2a1c3e/)
    await engine.startAgain()
    assert.deepEqual(
      (await engine.list()).map(({ id }) => id),
      [pod.containers[0]?.id],
    )
    await engine.removePod(pod.podId)
    assert.deepEqual(await engine.list(), [])
  } finally {
    await engine[Symbol.asyncDispose]()
  }
  assertNothingLeft(engine.host.folder, ['kubepods', `kubepods/pod${uid}`])
})
