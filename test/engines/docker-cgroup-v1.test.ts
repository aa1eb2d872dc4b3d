import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { cgroupMounts } from '../../lab/engines/cgroups.ts'
import { DockerEngine } from '../../lab/engines/docker-engine.ts'
import { rootImage } from '../../lab/engines/root-image.ts'
import { Run } from '../cli/wirelag.ts'
import { talk } from './owner-words.ts'

const hasV1 = cgroupMounts().some(({ isV2, options }) => !isV2 && options.includes('memory'))
const skip = DockerEngine.lacking() ?? (hasV1 ? false : 'this machine has no cgroup v1 hierarchy to try it with')
const image = 'lab/root:test'
const command = ['sleep', '1000']

/** Runs a command where it sees no cgroup v2. */
const withoutV2 = [
  'unshare',
  '--mount',
  'sh',
  '-ec',
  'for folder in "$@"; do [ "$folder" = -- ] && break; umount "$folder"; shift; done; shift; exec "$@"',
  'sh',
  ...cgroupMounts().flatMap(({ isV2, folder }) => (isV2 ? [folder] : [])),
  '--',
]

test('a host with cgroup v1 alone: names and filters', { skip }, async () => {
  await using engine = await DockerEngine.start()
  await engine.importImage(image, rootImage().tar)
  const web = await engine.run({ name: 'web', image, command })
  using run = new Run(['trace', '--json', '--container', 'web,late', '--count', '4'], withoutV2)
  await run.until(({ stdout }) => stdout.includes('"start"'))
  const api = await engine.run({ name: 'api', image, command })
  const late = await engine.run({ name: 'late', image, command })
  await using server = await Actor.inContainer(api)
  for (const container of [web, late]) {
    await using client = await Actor.inContainer(container)
    await talk(client, server, api.address)
  }
  const { stdout, stderr } = await run.ended()
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ kind }) => kind === 'connect' || kind === 'close')
  assert.deepEqual(
    rows.map(({ kind, container, cgroup }) => `${String(kind)} ${String(container)} ${String(cgroup)}`),
    [web, late].flatMap(({ name, id }) => [`connect ${name} /docker/${id}`, `close ${name} /docker/${id}`]),
    stderr,
  )
})
