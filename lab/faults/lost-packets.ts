import { dropInput, shape } from '../network.ts'
import { defineFault } from './fault.ts'
import { port } from './scene.ts'
import { exchange, flood } from './traffic.ts'

/** Each client's port; the rule that loses packets of one counts them alone. */
const clientPorts = [40_001, 40_002, 40_003, 40_004]

/** Of 20 requests of each connection one is lost, and then its first two retries. */
export const packetLoss = defineFault(
  {
    name: 'packet-loss',
    title: 'The network loses packets',
    explain: `Now and then a request is lost on its way, and what the kernel sends again for it too. Nothing is acknowledged, so a
timer runs out: 200 ms, then 400 ms, then 800 ms.
It hurts because of requests that take a millisecond a few take hundreds, and averages hide them.`,
    cause: 'packet-loss',
  },
  async (scene) => {
    const server = await scene.server('far-server')
    const client = await scene.client('losing-client')
    await server.do(`listen l 0.0.0.0 ${port} 128`)
    for (const clientPort of clientPorts) {
      await client.do(`tcp c${clientPort} 4`, `bind c${clientPort} 0.0.0.0 ${clientPort}`)
      await client.do(`connect c${clientPort} ${scene.address} ${port}`)
      await server.do(`accept l s${clientPort}`)
    }
    dropInput(
      scene.hosts.b,
      clientPorts.map((clientPort) => `tcp sport ${clientPort} tcp flags & psh == psh numgen inc mod 20 < 3 drop`),
    )
    for (const clientPort of clientPorts) exchange(client, server, String(clientPort))
    return { culprit: client }
  },
)

/** The queue of the client's network device holds eight packets. */
export const localDrop = defineFault(
  {
    name: 'local-drop',
    title: 'This host drops packets before they leave it',
    explain: `The queue of the network device is short, and a process sends more than the device lets out. What finds no room is
dropped on this very host and must be sent again, that of other processes too.
It hurts like loss in the network, and nobody in the network can find it.`,
    cause: 'local-drop',
  },
  async (scene) => {
    scene.useReno()
    const server = await scene.server('far-server')
    const client = await scene.client('steady-client')
    const sender = await scene.client('bulk-sender')
    await scene.connect(client, server)
    shape(scene.hosts.a, 'tbf rate 5mbit burst 1600 limit 12000')
    exchange(client, server)
    await flood(scene, sender, 5)
    return { culprit: sender, victim: client }
  },
)
