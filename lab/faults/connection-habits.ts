import { inside, setSysctl } from '../network.ts'
import { defineFault } from './fault.ts'
import { port } from './scene.ts'
import { tryToConnect, visit } from './traffic.ts'

/** What a server does for each connection, whose client closes it first. */
const serveThenWaitForEnd = ['accept l s', 'recv s 100 waitall', 'send s 100', 'recv s 1', 'close s']

/** The server never closes a connection that its client has closed. */
export const closeWaitLeak = defineFault(
  {
    name: 'close-wait-leak',
    title: 'A server never closes its connections',
    explain: `The client closes, and the server's kernel tells the server so by an end of file. The server does not call close(),
so the connection stays in CLOSE_WAIT, with its file descriptor, for as long as the process lives.
It hurts all of a sudden: once the file descriptors are used up, the server can accept nobody.`,
    cause: 'close-wait-leak',
  },
  async (scene) => {
    const server = await scene.server('leaky-server')
    const client = await scene.client('steady-client')
    await server.do(`listen l 0.0.0.0 ${port} 128`)
    // The next one gets the name; the one before stays open.
    server.repeat('accept l s', 'recv s 100 waitall', 'send s 100')
    client.repeat(...visit(scene, 'c', 25, 'client'))
    return { culprit: server, victim: client }
  },
)

/** Sockets in TIME_WAIT, in a range of 3,000 ports. */
const timeWaits = 2700

/** A client has closed thousands of connections within a minute, first; its ports are nearly used up. */
export const timeWaitStorm = defineFault(
  {
    name: 'time-wait-storm',
    title: 'Thousands of closed connections keep their ports',
    explain: `Who closes a connection first keeps its port for another 60 s, in TIME_WAIT, in case packets of it are still under
way. A client that connects and closes again and again holds thousands so; here 90 % of the ports it may use.
It hurts because soon no port is free, and then connect() fails: the step before port exhaustion.`,
    cause: 'time-wait-storm',
  },
  async (scene) => {
    const server = await scene.server('brief-server')
    const client = await scene.client('closing-client')
    setSysctl(scene.hosts.a, 'net.ipv4.ip_local_port_range', '40000 42999')
    // It stays at that, so that the ports are never all in use.
    setSysctl(scene.hosts.a, 'net.ipv4.tcp_max_tw_buckets', String(timeWaits))
    await server.do(`listen l 0.0.0.0 ${port} 128`)
    server.repeat(...serveThenWaitForEnd)
    const quick = visit(scene, 'c', 0, 'client').filter((step) => !step.startsWith('lap') && !step.startsWith('sleep'))
    await client.do(`repeat ${timeWaits} ${quick.join(' ; ')}`)
    client.repeat(...visit(scene, 'c', 10, 'client'))
    return { culprit: client }
  },
)

/** A client holds all ports it may use. */
export const portExhaustion = defineFault(
  {
    name: 'port-exhaustion',
    title: 'A client has no port left to connect from',
    explain: `Each connection to the same address and port needs a port of its own at the client, and the range of those is limited.
All of them are in use here, so connect() fails at once with EADDRNOTAVAIL, and no packet is sent.
It hurts because the peer is blamed that "cannot be reached", and it has never been asked.`,
    cause: 'port-exhaustion',
  },
  async (scene) => {
    const server = await scene.server('busy-server')
    const client = await scene.client('greedy-client')
    setSysctl(scene.hosts.a, 'net.ipv4.ip_local_port_range', '50000 50063')
    await server.do(`listen l 0.0.0.0 ${port} 128`)
    for (let i = 0; i < 64; i++) {
      await client.do(`tcp h${i} 4`, `connect h${i} ${scene.address} ${port}`)
      await server.do(`accept l h${i}`)
    }
    client.repeat(...tryToConnect(scene, 'c', 20))
    return { culprit: client }
  },
)

/** A connection for each request, over 100 a second to the same peer. */
export const noPooling = defineFault(
  {
    name: 'no-pooling',
    title: 'A client makes a connection for each request',
    explain: `The client connects, asks, gets its answer and closes, more than 100 times a second, always to the same server. Each
time it pays for a handshake, and for the slow start of a new connection.
It hurts because half of each request's time or more is set-up, which one connection that stays open would save.`,
    cause: 'no-pooling',
  },
  async (scene) => {
    const server = await scene.server('visited-server')
    const client = await scene.client('poolless-client')
    await server.do(`listen l 0.0.0.0 ${port} 128`)
    // Closes first, so that the client's ports are free at once.
    server.repeat('accept l s', 'recv s 100 waitall', 'send s 100', 'close s')
    for (const name of ['c', 'd']) client.repeat(...visit(scene, name, 12, 'server'))
    return { culprit: client }
  },
)

/** 500 SYNs a second from sources that nobody has. */
export const synFlood = defineFault(
  {
    name: 'syn-flood',
    title: 'A listener is flooded with half-open connections',
    explain: `SYNs come from thousands of addresses, and none of them ever answers the SYN-ACK. The listener's queue of half-open
connections is full; the kernel goes on with SYN cookies, which remember nothing.
It hurts because without cookies nobody can connect, and with them connections lose options such as window scaling.`,
    cause: 'syn-flood',
  },
  async (scene) => {
    const server = await scene.server('flooded-server')
    const client = await scene.client('steady-client')
    const attacker = await scene.client('attacker')
    inside(scene.hosts.b, ['ip', 'route', 'add', '198.18.0.0/15', 'via', scene.hosts.addressA])
    await server.do(`listen l 0.0.0.0 ${port} 128`)
    server.repeat('accept l s', 'recv s 100 waitall', 'send s 100', 'close s')
    client.repeat(...visit(scene, 'c', 30, 'server'))
    attacker.repeat(`raw-syns ${scene.address} ${port} 10`, 'sleep 20')
    return { culprit: server, victim: client }
  },
)
