import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { inside } from '../../lab/network.ts'
import { DockerEngine } from '../../lab/engines/docker-engine.ts'
import { rootImage } from '../../lab/engines/root-image.ts'
import { Run } from '../cli/wirelag.ts'

const skip = DockerEngine.lacking() ?? false
const image = 'lab/root:test'
const command = ['sleep', '1000']

interface LinkRow {
  link: {
    clients: { service: string; container?: string }[]
    server: { container?: string }
    port: number
    via?: string
  }
  stages: Record<string, { count: number }>
  serverStages: Record<string, { count: number }>
}

/** Every link of the last window, in words: `web -> api:80 (docker-proxy) handshake 1 send 3 | pickup 3 send 3`. */
function linksOf({ stdout }: { stdout: string }): string[] {
  const line = stdout
    .trimEnd()
    .split('\n')
    .findLast((text) => text.includes('"kind":"top"'))
  const { rows } = JSON.parse(line ?? '{"rows":[]}') as { rows: LinkRow[] }
  const counts = (stages: LinkRow['stages']): string =>
    Object.entries(stages)
      .map(([stage, { count }]) => `${stage} ${count}`)
      .join(' ')
  return rows.map(({ link, stages, serverStages }) => {
    const from = link.clients.map(({ service, container }) => container ?? service).join(', ')
    const via = link.via === undefined ? '' : ` (${link.via})`
    return `${from} -> ${link.server.container}:${link.port}${via}: ${counts(stages)} | ${counts(serverStages)}`
  })
}

/** One connection, over which three requests are answered. */
async function exchange(client: Actor, server: Actor, address: string, port: number): Promise<void> {
  await client.do('tcp c 4')
  await client.do(`connect c ${address} ${port}`)
  await server.do('accept l s')
  await talk(client, server)
}

async function talk(client: Actor, server: Actor): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await client.do('send c 100')
    await server.do('recv s 100')
    await server.do('send s 100')
    await client.do('recv c 100')
  }
}

/** Joins two hosts, the first at 10.88.0.2, the other at 10.88.0.1. */
function cable(a: { pid: number }, b: { pid: number }): void {
  const ends = ['netns', String(a.pid), 'type', 'veth', 'peer', 'name', 'cable', 'netns', String(b.pid)]
  execFileSync('ip', ['link', 'add', 'cable', ...ends])
  for (const [host, address] of [
    [a, '10.88.0.2/24'],
    [b, '10.88.0.1/24'],
  ] as const) {
    inside(host, ['ip', 'address', 'add', address, 'dev', 'cable'])
    inside(host, ['ip', 'link', 'set', 'cable', 'up'])
  }
}

async function watching(): Promise<Run> {
  const run = new Run(['top', '--json', '--by', 'link', '--interval', '200ms', '--window', '1m'])
  await run.until(({ stdout }) => stdout.includes('"start"'))
  return run
}

test(
  'both ends of a connection in one row: direct, published, through docker-proxy, open before',
  { skip },
  async () => {
    await using engine = await DockerEngine.start()
    await engine.importImage(image, rootImage().tar)
    await engine.createNetwork('backend')
    const api = await engine.run({
      name: 'api',
      image,
      command,
      network: 'backend',
      publish: [{ hostPort: 8080, containerPort: 80 }],
    })
    const web = await engine.run({ name: 'web', image, command, network: 'backend' })
    const other = await engine.run({ name: 'other', image, command })
    await using server = await Actor.inContainer(api)
    await server.do('listen l 0.0.0.0 80 10')
    const stages = 'handshake 1 acceptQueue 1 send 3 pickup 3 | handshake 1 acceptQueue 1 send 3 pickup 3'
    {
      await using client = await Actor.inContainer(web)
      using run = await watching()
      await exchange(client, server, api.address, 80)
      await run.until((output) => linksOf(output).length > 0 && linksOf(output)[0]?.endsWith('pickup 3') === true)
      assert.deepEqual(linksOf(run), [`web -> api:80: ${stages}`])
    }
    {
      // Docker's rules leave its own bridges out, so that its relay takes the connection.
      await using client = await Actor.inContainer(other)
      using run = await watching()
      await exchange(client, server, '172.17.0.1', 8080)
      await run.until((output) => linksOf(output).length > 0)
      assert.deepEqual(linksOf(run), [`other -> api:80 (docker-proxy): ${stages}`], run.stderr)
    }
    {
      // From another host: the engine's translates the address.
      await using client = await Actor.inNewNamespace()
      cable(client, engine.host)
      using run = await watching()
      await exchange(client, server, '10.88.0.1', 8080)
      await run.until((output) => linksOf(output).length > 0)
      assert.deepEqual(linksOf(run), [`actor -> api:80: ${stages}`], run.stderr)
    }
    {
      await using client = await Actor.beside(engine.host)
      using run = await watching()
      await exchange(client, server, '127.0.0.1', 8080)
      await run.until((output) => linksOf(output).length > 0)
      assert.deepEqual(linksOf(run), [`actor -> api:80 (docker-proxy): ${stages}`])
    }
    {
      await using client = await Actor.inContainer(web)
      await exchange(client, server, api.address, 80)
      using run = await watching()
      await talk(client, server)
      await run.until((output) => linksOf(output)[0]?.endsWith('pickup 3') === true)
      assert.deepEqual(linksOf(run), ['web -> api:80: send 3 pickup 3 | send 3 pickup 3'])
    }
  },
)
