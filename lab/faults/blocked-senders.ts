import { inside, shape } from '../network.ts'
import { defineFault } from './fault.ts'
import type { Performer } from './performer.ts'
import { port, type Scene } from './scene.ts'
import { exchangeOver, flood } from './traffic.ts'

/** The peer reads 2 kB a second into a receive buffer of 4 KiB. */
export const zeroWindow = defineFault(
  {
    name: 'zero-window',
    title: 'The peer has no room for more data',
    explain: `The receiver hardly reads, and its receive buffer is small. Once it is full, its kernel announces a window of zero:
the sender may send nothing, and asks now and then whether that has changed.
It hurts because the sender is blocked by the peer, and a network that works well gets the blame.`,
    cause: 'zero-window',
  },
  async (scene) => {
    const reader = await scene.server('lazy-reader')
    const sender = await scene.client('blocked-sender')
    await reader.do(`listen l 0.0.0.0 ${port} 128`, 'option l rcvbuf 4096')
    await sender.do('tcp c 4', 'option c sndbuf 20000', `connect c ${scene.address} ${port}`)
    await reader.do('accept l s')
    reader.repeat('sleep 1000', 'recv s 2000')
    sender.repeat('lap-begin', 'send c 5000', 'lap-end')
    return { culprit: reader, victim: sender }
  },
)

/** A send buffer of 4 KiB, over a way there and back of 24 ms. */
export const sendBufferSmall = defineFault(
  {
    name: 'send-buffer-small',
    title: 'A send buffer is too small for the way',
    explain: `What is sent stays in the send buffer until the peer has acknowledged it, here 24 ms later. The program has set
SO_SNDBUF to 4 KiB, so 4 KiB are all that is under way at a time, however fast the network is.
It hurts because throughput is the buffer divided by the round trip, and send() blocks meanwhile.`,
    cause: 'send-buffer-small',
  },
  async (scene) => {
    const reader = await scene.server('quick-reader')
    const sender = await scene.client('small-buffer')
    await reader.do(`listen l 0.0.0.0 ${port} 128`)
    // One segment a packet: else a buffer that holds one packet holds 64 KiB.
    inside(scene.hosts.a, ['ip', 'link', 'set', 'dev', 'cable', 'gso_max_segs', '1'])
    await sender.do('tcp c 4', 'option c sndbuf 4096', `connect c ${scene.address} ${port}`)
    await reader.do('accept l s')
    reader.repeat('recv s 65536')
    sender.repeat('lap-begin', 'send c 20000', 'lap-end', 'sleep 20')
    return { culprit: sender }
  },
  12,
)

/** Two small writes, then a read. */
export const nagleDelayedAck = defineFault(
  {
    name: 'nagle-delayed-ack',
    title: 'Two small writes wait for an acknowledgement',
    explain: `The client writes a request in two pieces. By Nagle's algorithm the second waits until the first is acknowledged;
the server's kernel delays that acknowledgement for 40 ms, in the hope of an answer to send it with.
It hurts because each request takes 40 ms more, on the fastest of networks, with nothing busy.`,
    cause: 'nagle-delayed-ack',
  },
  async (scene) => {
    const server = await scene.server('patient-server')
    const client = await scene.client('two-writes')
    await scene.connect(client, server, '', false)
    server.repeat('recv s 200 waitall', 'send s 100')
    client.repeat('lap-begin', 'send c 100', 'send c 100', 'recv c 100 waitall', 'lap-end')
    return { culprit: client }
  },
)

/** A bulk transfer keeps over 200 ms of packets in a queue on the way. */
export const pathQueueing = defineFault(
  {
    name: 'path-queueing',
    title: 'Packets stand in a queue on the way',
    explain: `A bulk transfer fills the queue before the narrowest place of the way, here 10 Mbit/s with room for 2 s. Nothing
is lost: packets of everybody just stand in line, and the round trip is far over its minimum.
It hurts because each small request waits behind the bulk, and loss and throughput look perfect.`,
    cause: 'path-queueing',
  },
  async (scene) => {
    scene.useReno()
    const server = await scene.server('far-server')
    const client = await scene.client('steady-client')
    const sender = await scene.client('bulk-sender')
    shape(scene.between, 'tbf rate 10mbit burst 16kb latency 2s', 'b')
    await exchangeOver(scene, [client, server], 5)
    await limitWindow(scene, client, server)
    await flood(scene, sender, 1)
    return { culprit: sender, victim: client }
  },
  1,
)

/** Has later connections of the client's host send at most 200 packets at a time, 240 ms of the queue: so nothing is lost. */
async function limitWindow(scene: Scene, client: Performer, server: Performer): Promise<void> {
  const route = '10.77.0.0/24 dev cable src 10.77.0.1 cwnd lock 200'
  inside(scene.hosts.a, ['ip', 'route', 'replace', ...route.split(' ')])
  // The kernel takes that from what it remembers of the peer, and it remembers those that have closed.
  await client.do('tcp p 4', `connect p ${scene.address} ${port}`, 'close p')
  await server.do('accept l p', 'close p')
}
