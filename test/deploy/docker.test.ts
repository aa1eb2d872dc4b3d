import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'yaml'
import { DockerEngine, type DockerContainerSpec } from '../../lab/engines/docker-engine.ts'
import { rootImage } from '../../lab/engines/root-image.ts'
import { agentImage, missingSources } from './agent-image.ts'
import { brokenCopy, checkoutFile, deployText, temporaryFolder } from './deploy-files.ts'
import { unitCapabilities, unitSystemCalls } from './unit-file.ts'

const skip = DockerEngine.lacking() ?? false

interface Service {
  command: string[]
  pid: string
  network_mode: string
  cap_drop: string[]
  cap_add: string[]
  security_opt: string[]
  read_only: boolean
  volumes: string[]
}

const compose = parse(deployText('docker/compose.yaml')) as { services: { wirelag: Service } }
const dockerfile = deployText('docker/Dockerfile')

function checked(file: string): { status: number | null; errors: string } {
  const { status, stderr, error } = spawnSync('docker-compose', ['-f', file, 'config', '--quiet'], { encoding: 'utf8' })
  if (error) throw error
  return { status, errors: stderr }
}

test('docker-compose takes the file, and none that is broken', (t) => {
  const good = checked(checkoutFile('deploy/docker/compose.yaml'))
  assert.deepEqual(good, { status: 0, errors: '' })
  const misspelt = checked(brokenCopy(t, 'docker/compose.yaml', 'cap_add', 'cap_and'))
  assert.equal(misspelt.status, 1)
  assert.match(misspelt.errors, /Unsupported config option for services.wirelag: 'cap_and'/)
  const wrong = checked(brokenCopy(t, 'docker/compose.yaml', 'pid: host', 'pid: [host]'))
  assert.match(wrong.errors, /services.wirelag.pid contains an invalid type/)
})

test('the Dockerfile copies what there is, and the capabilities are those of the unit of systemd', () => {
  assert.deepEqual(missingSources(dockerfile), [])
  assert.deepEqual(missingSources('COPY nothing here\n'), ['nothing'])
  assert.deepEqual(
    compose.services.wirelag.cap_add.map((name) => `CAP_${name}`),
    unitCapabilities(),
  )
})

/** Those of SELinux only where it is. */
function securityOptions({ security_opt: options }: Service): string[] {
  return options.filter((option) => !option.startsWith('label'))
}

/** The container of the file, on this engine instead of one at Docker's usual places. */
function containerOf(service: Service, engine: DockerEngine): DockerContainerSpec {
  const [entrypoint] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '[]') as string[]
  const binds = service.volumes.map((volume) =>
    volume
      .replaceAll('/var/lib/docker', engine.dataFolder)
      .replace(/^\.\.\//, checkoutFile('deploy/'))
      .replace(/^([\w-]+):/, 'lab-$1:'),
  )
  return {
    name: 'wirelag',
    image: 'lab/wirelag:test',
    command: [entrypoint ?? '', ...service.command],
    network: service.network_mode,
    pidMode: service.pid,
    capabilities: service.cap_add,
    binds,
    // Not its ulimits: this machine may forbid raising any, and only kernels before 5.11 need it.
    hostConfig: {
      CapDrop: service.cap_drop,
      SecurityOpt: securityOptions(service),
      ReadonlyRootfs: service.read_only,
    },
  }
}

test('a container as the file says sees the other containers by name, and is healthy', { skip }, async (t) => {
  await using engine = await DockerEngine.start()
  // As systemd mounts it.
  await engine.host.run(['mount', '--make-rshared', '/'])
  await engine.importImage('lab/wirelag:test', agentImage(temporaryFolder(t)))
  await engine.importImage('lab/root:test', rootImage().tar)
  const listening = ['nc', '-l', '-p', '7777']
  await engine.run({ name: 'shop-before', image: 'lab/root:test', command: listening })
  const agent = await engine.run(containerOf(compose.services.wirelag, engine))
  await engine.run({ name: 'shop-after', image: 'lab/root:test', command: listening })

  const page = "fetch('http://127.0.0.1:9474/metrics').then((a) => a.text()).then(console.log, () => {})"
  const listeners = async (): Promise<string[]> => {
    const { output } = await engine.exec(agent.id, ['/opt/wirelag/bin/node', '-e', page])
    const found = output.matchAll(/^wirelag_tcp_connections\{.*container="(shop-\w+)".*state="LISTEN"\} (\d+)/gm)
    return [...found].map(([, name, count]) => `${name} ${count}`).toSorted()
  }
  let found: string[] = []
  for (const deadline = Date.now() + 30_000; found.length < 2 && Date.now() < deadline; await delay(250))
    found = await listeners()
  assert.deepEqual(found, ['shop-after 1', 'shop-before 1'])

  const health = /CMD (\[.*\])\s*\nENTRYPOINT/.exec(dockerfile)?.[1] ?? '[]'
  const healthy = await engine.exec(agent.id, JSON.parse(health) as string[])
  assert.deepEqual([healthy.exitCode, healthy.errors], [0, ''])
  const sick = await engine.exec(agent.id, JSON.parse(health.replace('9474', '1')) as string[])
  assert.equal(sick.exitCode, 1)

  const own = spawnSync(checkoutFile('bin/wirelag'), ['doctor', '--json'], { encoding: 'utf8' })
  const expected = (JSON.parse(own.stdout) as { signals: unknown }).signals
  const seenBy = async ({ id }: { id: string }): Promise<unknown> => {
    const { output, errors } = await engine.exec(id, ['/opt/wirelag/bin/wirelag', 'doctor', '--json'])
    assert.equal(errors, '')
    return (JSON.parse(output) as { signals: unknown }).signals
  }
  assert.deepEqual(await seenBy(agent), expected)

  await t.test('and as much where the filter of system calls is that of the unit of systemd', async () => {
    const spec = containerOf(compose.services.wirelag, engine)
    const start = (calls: readonly string[]): ReturnType<DockerEngine['run']> => {
      const filter = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: calls, action: 'SCMP_ACT_ALLOW' }] }
      const options = [...securityOptions(compose.services.wirelag), `seccomp=${JSON.stringify(filter)}`]
      const command = ['/opt/wirelag/bin/wirelag', 'agent', '--listen', 'off', '--state-dir', '/tmp/state']
      const hostConfig = { ...spec.hostConfig, SecurityOpt: options, Tmpfs: { '/tmp': '' } }
      const { name: _, ...unnamed } = spec
      return engine.run({ ...unnamed, command, hostConfig })
    }
    const calls = unitSystemCalls()
    assert.deepEqual(await seenBy(await start(calls)), expected)
    const lessSeen = await seenBy(await start(calls.filter((name) => name !== 'perf_event_open')))
    assert.notDeepEqual(lessSeen, expected)
  })
})
