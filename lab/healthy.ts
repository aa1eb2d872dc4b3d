import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Participant } from './faults/fault.ts'
import type { Performer } from './faults/performer.ts'
import { port, Scene } from './faults/scene.ts'
import { exchange } from './faults/traffic.ts'
import { folderPrefix, owner } from './owner.ts'
import { Program } from './program.ts'

/** Traffic with which nothing is wrong. */
export interface HealthyLoad {
  /** In kebab-case. */
  name: string
  /** One line. */
  title: string
  /** Begins it: traffic flows then, for 120 s unless it is disposed of. */
  start(): Promise<RunningLoad>
}

/** A load that goes on by itself until it is disposed of; nothing of it is left then. */
export interface RunningLoad extends AsyncDisposable {
  client: Participant
  server: Participant
  /** Inodes of the network namespaces it uses. */
  netns: readonly number[]
}

type Participants = Pick<RunningLoad, 'client' | 'server'>

/** Redis under redis-benchmark, as fast as both can. */
const redis = defineLoad('redis', 'Redis, asked by redis-benchmark over 10 connections', async (scene) => {
  const { client, server } = await scene.hostsOf('load-client', 'load-server')
  const options = ['--port', String(port), '--bind', '0.0.0.0', '--protected-mode', 'no', '--save', '']
  // A title would be written over its environment, by which leftovers are known.
  const started = Program.start(server, ['redis-server', ...options, '--set-proc-title', 'no', '--loglevel', 'warning'])
  const redisServer = scene.keep(started)
  await redisServer.until(() => accepts(scene, client))
  const target = ['-h', scene.address, '-p', String(port)]
  const asking = ['redis-benchmark', ...target, '-c', '10', '-t', 'get,set', '-n', '100000', '-l', '-q']
  const benchmark = scene.keep(Program.start(client, asking))
  await benchmark.until(() => Promise.resolve(benchmark.comm === 'redis-benchmark'))
  return { client: benchmark, server: redisServer }
})

/** 100 requests a second over four connections that stay open. */
const nginx = defineLoad('nginx', 'nginx, asked over four connections that stay open', async (scene) => {
  const { client, server } = await scene.hostsOf('keep-alive', 'web-host')
  const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${owner()}-`))
  scene.keep({ [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) })
  writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration)
  const command = ['nginx', '-p', folder, '-e', 'stderr', '-c', 'nginx.conf']
  const web = scene.keep(Program.start(server, command))
  await web.until(() => accepts(scene, client))
  const request = Buffer.from('GET / HTTP/1.1\r\nHost: lab\r\n\r\n').toString('hex')
  for (const name of ['c1', 'c2', 'c3', 'c4']) {
    await client.do(`tcp ${name} 4`, `connect ${name} ${scene.address} ${port}`)
    client.repeat('lap-begin', `send-hex ${name} ${request}`, `recv ${name} 65536`, 'lap-end', 'sleep 40')
  }
  return { client, server: web }
})

/** One that is used among 1,000 that are not. */
const idle = defineLoad('idle', '1,000 idle connections, and one with 50 requests a second', async (scene) => {
  const { client, server } = await scene.hostsOf('idle-client', 'idle-server')
  await scene.connect(client, server)
  // The next one gets the name; those before stay open.
  server.begin('repeat 1000 accept l i')
  await client.do(`repeat 1000 tcp i 4 ; connect i ${scene.address} ${port}`)
  exchange(client, server)
  return { client, server }
})

/** All loads. */
export const healthyLoads: readonly HealthyLoad[] = [redis, nginx, idle]

function defineLoad(name: string, title: string, set: (scene: Scene) => Promise<Participants>): HealthyLoad {
  return { name, title, start: () => begin(set) }
}

async function begin(set: (scene: Scene) => Promise<Participants>): Promise<RunningLoad> {
  const scene = await Scene.open(0)
  try {
    const { client, server } = await set(scene)
    scene.endAfterAWhile()
    return {
      client: { pid: client.pid, comm: client.comm },
      server: { pid: server.pid, comm: server.comm },
      netns: scene.netns,
      [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
    }
  } catch (error) {
    await scene[Symbol.asyncDispose]()
    throw error
  }
}

/** Whether somebody listens at the server's port. */
async function accepts(scene: Scene, client: Performer): Promise<boolean> {
  await client.do('tcp probe 4')
  const isThere = await client.do(`connect probe ${scene.address} ${port}`).then(
    () => true,
    () => false,
  )
  await client.do('close probe')
  return isThere
}

/** One process, which begins no other and writes nothing. */
const nginxConfiguration = `daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 1000; }
http {
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen ${port};
    return 200 "${'x'.repeat(1000)}";
  }
}
`
