import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { dropInput, inside, setSysctl, twoHosts } from '../../lab/network.ts'
import type { ConnectionEvent } from '../../src/model/connection-event.ts'
import { assertSameRows } from '../same-rows.ts'
import { assertSpan, bookOf, inNetns, isBalanced, Recording } from './recording.ts'

/** The events of one kind. */
function ofKind<K extends ConnectionEvent['kind']>(
  recording: Recording,
  kind: K,
): Extract<ConnectionEvent, { kind: K }>[] {
  return recording.connections.filter((event): event is Extract<ConnectionEvent, { kind: K }> => event.kind === kind)
}

/** What is expected of one event, times left out. */
function gist(event: ConnectionEvent): unknown {
  const { kind, owner, socket } = event
  return {
    kind,
    pid: owner?.pid,
    tid: owner?.tid,
    from: `${socket.local.address}:${socket.local.port}`,
    to: `${socket.peer.address}:${socket.peer.port}`,
    ipVersion: socket.ipVersion,
  }
}

const everyAddress = [
  { name: 'IPv4', listen: '127.0.0.1', connect: '127.0.0.1', family: 4, shown: '127.0.0.1', ipVersion: 4 },
  { name: 'IPv6', listen: '::1', connect: '::1', family: 6, shown: '::1', ipVersion: 6 },
  { name: 'IPv4-mapped IPv6', listen: '::', connect: '::ffff:127.0.0.1', family: 6, shown: '127.0.0.1', ipVersion: 4 },
  {
    name: 'IPv4 to a dual-stack listener',
    listen: '::',
    connect: '127.0.0.1',
    family: 4,
    shown: '127.0.0.1',
    ipVersion: 4,
  },
]

for (const { name, listen, connect, family, shown, ipVersion } of everyAddress) {
  test(`${name}: connect, accept and both closes are reported once each, with their owners`, async () => {
    await using server = await Actor.inNewNamespace()
    await using client = await Actor.beside(server)
    using recording = await Recording.connections(inNetns(server))
    const { value: port } = await server.do(`listen l ${listen} 0 5`)
    const accepted = server.in('acceptor', 'accept l s')
    await client.do(`tcp c ${family}`)
    const { value: clientPort } = await client.do(`connect c ${connect} ${port}`)
    await accepted
    const { value: acceptorTid } = await server.in('acceptor', 'tid')
    await client.do('close c')
    await server.do('close s')
    await recording.until(() => recording.connections.length >= 4)
    const result = recording.stop()
    const there = { from: `${shown}:${clientPort}`, to: `${shown}:${port}`, ipVersion }
    const here = { from: `${shown}:${port}`, to: `${shown}:${clientPort}`, ipVersion }
    assertSameRows(recording.connections.map(gist), [
      { kind: 'connect', pid: client.pid, tid: client.pid, ...there },
      { kind: 'accept', pid: server.pid, tid: acceptorTid, ...here },
      { kind: 'close', pid: client.pid, tid: client.pid, ...there },
      { kind: 'close', pid: server.pid, tid: acceptorTid, ...here },
    ])
    for (const signal of ['connect', 'accept', 'close'] as const) assert.ok(isBalanced(bookOf(result, signal)), signal)
    assert.equal(bookOf(result, 'close').delivered, 2)
  })
}

test('a close tells duration, payload bytes each way and round-trip time', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await Recording.connections(inNetns(host))
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  const connected = await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('send c 12345')
  await host.do('recv s 12345 waitall')
  await host.do('send s 678')
  await host.do('recv c 678 waitall')
  await host.do('sleep 20')
  await host.do('close c')
  const closed = await host.do('close s')
  await recording.until(() => ofKind(recording, 'close').length >= 2)
  recording.stop()
  const closes = ofKind(recording, 'close')
  const client = closes.find((event) => event.socket.peer.port === port)
  const server = closes.find((event) => event.socket.local.port === port)
  assert.deepEqual([client?.bytesSent, client?.bytesReceived], [12_345, 678])
  assert.deepEqual([server?.bytesSent, server?.bytesReceived], [678, 12_345])
  for (const event of closes) {
    assert.ok(
      event.durationNs > 20e6 && event.durationNs < closed.endNs - connected.startNs,
      `duration ${event.durationNs}`,
    )
    assert.equal(event.retransmits, 0)
    assert.equal(event.error, undefined)
    assert.equal(event.existedBefore, false)
    assert.ok(event.rttUs !== undefined && event.rttUs < 20_000, `rtt ${event.rttUs}`)
  }
})

test('a connection that lives 3 ms is seen whole', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await Recording.connections(inNetns(host))
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  const connected = await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('sleep 3')
  await host.do('close c')
  const closed = await host.do('close s')
  await recording.until(() => recording.connections.length >= 4)
  recording.stop()
  assert.deepEqual(recording.connections.map((event) => event.kind).toSorted(), ['accept', 'close', 'close', 'connect'])
  const close = ofKind(recording, 'close').find((event) => event.socket.peer.port === port)
  assert.ok(close && close.durationNs > 3e6 && close.durationNs <= closed.endNs - connected.startNs)
})

test('N connects, accepts, refusals and closes are reported once each', async () => {
  const count = 200
  await using host = await Actor.inNewNamespace()
  using recording = await Recording.connections(inNetns(host))
  const { value: port } = await host.do('listen l 127.0.0.1 0 4096')
  const served = host.in('server', `accept-many l ${count}`)
  await host.do(`connect-many 127.0.0.1 ${port} ${count}`)
  await served
  await host.do(`connect-many 127.0.0.1 9 ${count}`)
  await recording.until(() => recording.connections.length >= 5 * count)
  const result = recording.stop()
  const counts = (['connect', 'accept', 'close', 'fail'] as const).map((kind) => ofKind(recording, kind).length)
  assert.deepEqual(counts, [count, count, 2 * count, count])
  assert.ok(ofKind(recording, 'fail').every((event) => event.error === 'ECONNREFUSED' && event.owner?.pid === host.pid))
  const ids = recording.connections.map((event) => `${event.kind} ${event.connectionId}`)
  assert.equal(new Set(ids).size, ids.length)
  assert.deepEqual(bookOf(result, 'connect').attempted, 2 * count)
})

interface FailureCase {
  name: string
  error: string
  /** Of the host that connects. */
  prepare?: (host: Actor) => Promise<void> | void
  address: string
  port: number
}

const failures: FailureCase[] = [
  { name: 'a closed port', error: 'ECONNREFUSED', address: '10.77.0.2', port: 9 },
  { name: 'no route', error: 'ENETUNREACH', address: '10.99.0.1', port: 80 },
  {
    name: 'a route that is prohibited',
    error: 'EACCES',
    prepare: (host) => inside(host, ['ip', 'route', 'add', 'prohibit', '10.98.0.0/16']),
    address: '10.98.0.1',
    port: 80,
  },
  {
    name: 'no answer',
    error: 'ETIMEDOUT',
    prepare: (host) => inside(host, ['ip', 'neigh', 'add', '10.77.0.9', 'lladdr', '02:00:00:00:00:99', 'dev', 'cable']),
    address: '10.77.0.9',
    port: 80,
  },
  {
    name: 'no free port',
    error: 'EADDRNOTAVAIL',
    prepare: async (host) => {
      setSysctl(host, 'net.ipv4.ip_local_port_range', '50000 50000')
      await host.do('tcp holder 4')
      await host.do('connect holder 10.77.0.2 80')
    },
    address: '10.77.0.2',
    port: 80,
  },
]

for (const { name, error, prepare, address, port } of failures) {
  test(`a connect that fails for ${name} is one row: ${error}`, async () => {
    await using hosts = await twoHosts()
    await hosts.b.do('listen web 10.77.0.2 80 5')
    await prepare?.(hosts.a)
    using recording = await Recording.connections(inNetns(hosts.a))
    await hosts.a.do('tcp c 4')
    await hosts.a.do('option c syncnt 1')
    const startNs = process.hrtime.bigint()
    await assert.rejects(hosts.a.do(`connect c ${address} ${port}`), { code: error })
    const tookNs = Number(process.hrtime.bigint() - startNs)
    await recording.until(() => recording.connections.length >= 1)
    recording.stop()
    const [event] = recording.connections
    assert.equal(recording.connections.length, 1)
    assert.ok(event?.kind === 'fail')
    assert.deepEqual([event.error, event.owner?.pid, event.owner?.source], [error, hosts.a.pid, 'syscall'])
    assert.deepEqual(event.socket.peer, { address, port })
    assert.ok(event.handshakeNs !== undefined && event.handshakeNs < tookNs)
    if (error === 'ETIMEDOUT') assert.ok(event.handshakeNs > 2.5e9)
  })
}

test('a non-blocking connect has its owner, although it ends in softirq', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await Recording.connections(inNetns(host))
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  for (const [socket, toPort] of [
    ['good', port],
    ['bad', 9],
  ]) {
    await host.do(`tcp ${socket} 4`)
    await host.do(`option ${socket} nonblock 1`)
    await assert.rejects(host.do(`connect ${socket} 127.0.0.1 ${toPort}`), { code: 'EINPROGRESS' })
    await host.do(`poll ${socket} out 1000`)
  }
  await recording.until(() => recording.connections.length >= 2)
  recording.stop()
  assert.deepEqual(
    recording.connections.map((event) => [event.kind, event.owner?.pid, event.owner?.source]),
    [
      ['connect', host.pid, 'syscall'],
      ['fail', host.pid, 'syscall'],
    ],
  )
})

test('a connect that the application gives up is ECANCELED', async () => {
  await using hosts = await twoHosts()
  dropInput(hosts.b, ['tcp dport 80 drop'])
  using recording = await Recording.connections(inNetns(hosts.a))
  await hosts.a.do('tcp c 4')
  await hosts.a.do('option c nonblock 1')
  await assert.rejects(hosts.a.do('connect c 10.77.0.2 80'), { code: 'EINPROGRESS' })
  await hosts.a.do('close c')
  await recording.until(() => recording.connections.length >= 1)
  recording.stop()
  assert.deepEqual(
    recording.connections.map((event) => [event.kind, event.kind === 'fail' && event.error]),
    [['fail', 'ECANCELED']],
  )
})

test('the accept queue wait is the time until accept() returned, and the handshake is not in it', async () => {
  for (const waitMs of [1, 5, 20, 100]) {
    await using host = await Actor.inNewNamespace()
    using recording = await Recording.connections(inNetns(host))
    const { value: port } = await host.do('listen l 127.0.0.1 0 5')
    await host.do('tcp c 4')
    const connected = await host.do(`connect c 127.0.0.1 ${port}`)
    await host.do(`sleep ${waitMs}`)
    const accepted = await host.do('accept l s')
    await recording.until(() => ofKind(recording, 'accept').length >= 1)
    recording.stop()
    const [event] = ofKind(recording, 'accept')
    assertSpan(event?.acceptQueueNs, connected, accepted)
    // From SYN to ESTABLISHED: a part of connect().
    assertSpan(event?.handshakeNs, connected, connected)
  }
})

test('the handshake takes in a lost SYN', async () => {
  await using hosts = await twoHosts()
  dropInput(hosts.b, ['tcp dport 80 tcp flags & (syn | ack) == syn numgen inc mod 2 == 0 drop'])
  await hosts.b.do('listen web 10.77.0.2 80 5')
  using recording = await Recording.connections(inNetns(hosts.a, hosts.b))
  await hosts.a.do('tcp c 4')
  const connected = await hosts.a.do('connect c 10.77.0.2 80')
  await hosts.b.do('accept web s')
  await hosts.a.do('close c')
  await hosts.b.do('close s')
  await recording.until(() => recording.connections.length >= 4)
  recording.stop()
  const [connect] = ofKind(recording, 'connect')
  const tookNs = connected.endNs - connected.startNs
  assert.ok(connect?.handshakeNs !== undefined && connect.handshakeNs > 1e9 && connect.handshakeNs <= tookNs)
  assert.equal(ofKind(recording, 'close').find((event) => event.socket.peer.port === 80)?.retransmits, 1)
})

test('two namespaces with the same four-tuple do not mix', async () => {
  await using first = await Actor.inNewNamespace()
  await using second = await Actor.inNewNamespace()
  using recording = await Recording.connections(inNetns(first, second))
  for (const [host, bytes] of [
    [first, 100],
    [second, 200],
  ] as const) {
    await host.do('listen l 127.0.0.1 8080 5')
    await host.do('tcp c 4')
    await host.do('bind c 127.0.0.1 9090')
    await host.do('connect c 127.0.0.1 8080')
    await host.do('accept l s')
    await host.do(`send c ${bytes}`)
    await host.do(`recv s ${bytes} waitall`)
  }
  for (const host of [second, first]) {
    await host.do('close c')
    await host.do('close s')
  }
  await recording.until(() => recording.connections.length >= 8)
  recording.stop()
  const closes = ofKind(recording, 'close').filter((event) => event.socket.peer.port === 8080)
  assertSameRows(
    closes.map((event) => [event.socket.netns, event.owner?.pid, event.bytesSent]),
    [
      [first.netns, first.pid, 100],
      [second.netns, second.pid, 200],
    ],
  )
})

test('a child that inherits a connection does not take it over from its opener', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await Recording.connections(inNetns(host))
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  const { value: child } = await host.do('fork sleep 30 ; send c 10 ; close c')
  await host.do('close c')
  await host.do(`wait ${child}`)
  await host.do('recv s 10 waitall')
  await host.do('close s')
  await recording.until(() => recording.connections.length >= 4)
  recording.stop()
  const close = ofKind(recording, 'close').find((event) => event.socket.peer.port === port)
  assert.deepEqual([close?.owner?.pid, close?.bytesSent, ofKind(recording, 'close').length], [host.pid, 10, 2])
  assert.ok(close && close.durationNs > 30e6, 'closed when the child closed it')
})

test('plain accept() and an accept by io_uring are seen; the latter by its first read', async () => {
  for (const [way, source] of [
    ['plain', 'syscall'],
    ['uring', 'first-use'],
  ] as const) {
    await using host = await Actor.inNewNamespace()
    using recording = await Recording.connections(inNetns(host))
    const { value: port } = await host.do('listen l 127.0.0.1 0 5')
    await host.do('tcp c 4')
    await host.do(`connect c 127.0.0.1 ${port}`)
    await host.do(`accept l s ${way}`)
    await host.do('send c 1')
    await host.do('recv s 1')
    await recording.until(() => ofKind(recording, 'accept').length >= 1)
    recording.stop()
    const accepts = ofKind(recording, 'accept')
    assert.deepEqual(
      accepts.map((event) => [event.owner?.pid, event.owner?.source]),
      [[host.pid, source]],
    )
    assert.equal(accepts[0]?.acceptQueueNs === undefined, way === 'uring')
  }
})

test('connections that were open at start are known with their owner, and their close is a row', async () => {
  await using hosts = await twoHosts()
  await hosts.b.do('listen web 10.77.0.2 80 5')
  await hosts.a.do('tcp c 4')
  await hosts.a.do('connect c 10.77.0.2 80')
  await hosts.b.do('accept web s')
  using recording = await Recording.connections(inNetns(hosts.a, hosts.b))
  await hosts.a.do('send c 5')
  await hosts.b.do('recv s 5 waitall')
  await hosts.a.do('close c')
  await hosts.b.do('close s')
  await recording.until(() => recording.connections.length >= 2)
  recording.stop()
  const closes = ofKind(recording, 'close')
  assert.equal(recording.connections.length, 2)
  assertSameRows(
    closes.map((event) => [event.owner?.pid, event.owner?.source, event.existedBefore]),
    [
      [hosts.a.pid, 'existing', true],
      [hosts.b.pid, 'existing', true],
    ],
  )
})

test('a reset connection tells the error that ended it', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await Recording.connections(inNetns(host))
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('option c linger 0')
  await host.do('close c')
  await recording.until(() => ofKind(recording, 'close').length >= 2)
  recording.stop()
  const server = ofKind(recording, 'close').find((event) => event.socket.local.port === port)
  assert.equal(server?.error, 'ECONNRESET')
})

test('12,500 connects, accepted or refused, leave no map fuller than before', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await Recording.connections(inNetns(host), { ringBytes: 1 << 24 })
  const { value: port } = await host.do('listen l 127.0.0.1 0 4096')
  const before = recording.watch.mapEntries()
  const served = host.in('server', 'accept-many l 6250')
  await host.do(`connect-many 127.0.0.1 ${port} 6250`)
  await served
  await host.do('connect-many 127.0.0.1 9 6250')
  await recording.until(() => recording.connections.length >= 5 * 6250)
  const after = recording.watch.mapEntries()
  const result = recording.stop()
  assert.ok(
    Math.abs((after['connections'] ?? 0) - (before['connections'] ?? 0)) <= 8,
    JSON.stringify({ before, after }),
  )
  assert.equal(after['connect_calls'], before['connect_calls'])
  assert.deepEqual(bookOf(result, 'connect'), {
    signal: 'connect',
    attempted: 12_500,
    delivered: 12_500,
    lost: 0,
    filtered: 0,
    invalid: 0,
  })
})
