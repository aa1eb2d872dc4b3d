import { availableParallelism } from 'node:os'
import { shape } from '../network.ts'
import { defineFault } from './fault.ts'
import { port } from './scene.ts'
import { exchange, exchangeOver } from './traffic.ts'

/** A process computes in eight threads for each processor. */
export const cpuStarvation = defineFault(
  {
    name: 'cpu-starvation',
    title: 'The host has more to compute than CPUs',
    explain: `One process computes in eight threads for each processor of the host, so that everything else stands in line for a
processor: the server before it reads a request and while it answers, the client before it reads the answer.
It hurts everybody on the host a little, and it looks as if each network connection had become slow.`,
    cause: 'cpu-starvation',
  },
  async (scene) => {
    const server = await scene.server('waiting-server')
    const client = await scene.client('waiting-client')
    const hog = await scene.client('cpu-hog')
    await exchangeOver(scene, [client, server], 4, { computeMs: 4 })
    for (let i = 0; i < 8 * availableParallelism(); i++) hog.repeat('spin 1000')
    return { culprit: hog, victim: server }
  },
)

/** Every 5 s, for half a second, a second process fills the link. */
export const periodicSpike = defineFault(
  {
    name: 'periodic-spike',
    title: 'Every few minutes something else fills the link',
    explain: `A process sends steadily over a link of 10 Mbit/s. Every 5 s (every 5 or 15 minutes, in a real night) another one, such
as a backup or a report, fills that link for half a second: sends block meanwhile, and then all is well again.
It hurts because by the time that anybody looks it is over, and averages over a minute show nothing.`,
    cause: 'periodic-spike',
  },
  async (scene) => {
    scene.useReno()
    const server = await scene.server('far-server')
    const client = await scene.client('steady-sender')
    const spike = await scene.client('backup-job')
    shape(scene.hosts.a, 'tbf rate 10mbit burst 16kb latency 400ms')
    await scene.connect(client, server)
    await client.do('option c sndbuf 8000')
    exchange(client, server, '', { requestBytes: 20_000, pauseMs: 50 })
    const sink = await scene.server('sink')
    await sink.do(`listen m 0.0.0.0 ${port + 1} 128`)
    const names = ['b1', 'b2', 'b3', 'b4']
    for (const name of names) {
      await spike.do(`tcp ${name} 4`, `option ${name} sndbuf 1000000`, `connect ${name} ${scene.address} ${port + 1}`)
      await sink.do(`accept m ${name}`)
      sink.repeat(`recv ${name} 65536`)
    }
    spike.repeat('sleep 1000', ...names.map((name) => `send ${name} 150000`), 'sleep 4000')
    return { culprit: spike, victim: client }
  },
)
