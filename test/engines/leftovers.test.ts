import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { DockerEngine } from '../../lab/engines/docker-engine.ts'
import { EngineHost, processesOf } from '../../lab/engines/engine-host.ts'
import { assertNothingLeft, cgroupLines } from './remains.ts'

/** Starts a container, says where, and waits. */
const run = `
const { DockerEngine } = await import(process.argv[1] + 'docker-engine.ts')
const { rootImage } = await import(process.argv[1] + 'root-image.ts')
const engine = await DockerEngine.start()
await engine.importImage('lab/root:test', rootImage().tar)
const { id, pid } = await engine.run({ image: 'lab/root:test', command: ['sleep', '1000'] })
console.log(JSON.stringify({ id, pid, folder: engine.host.folder }))
setInterval(() => {}, 1000)
`

test('what a killed run left goes with the next one', { skip: DockerEngine.lacking() ?? false }, async () => {
  const engines = new URL('../../lab/engines/', import.meta.url).href
  const child = spawn(process.execPath, ['--input-type=module', '--eval', run, engines], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const left = JSON.parse(line.toString()) as { id: string; pid: number; folder: string }
  const closed = once(child, 'exit')
  child.kill('SIGKILL')
  await closed
  assert.ok(processesOf(left.folder).includes(left.pid))
  assert.match(cgroupLines(left.pid)[0] ?? '', new RegExp(left.id))
  await using _host = await EngineHost.start('next', [])
  assertNothingLeft(left.folder, ['docker', `docker/${left.id}`])
})
