import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { dropInput, twoHosts } from '../../lab/network.ts'
import { bookOf, inNetns, isBalanced, Recording } from './recording.ts'

test('only the slow: a connection whose accept wait passed the threshold, and its close', async () => {
  await using host = await Actor.inNewNamespace()
  // The quick one waits for this test to tell the actor to accept: some milliseconds.
  using recording = await Recording.connections(inNetns(host), { slowNs: 200e6 })
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  for (const [name, waitMs] of [
    ['quick', 0],
    ['slow', 300],
  ] as const) {
    await host.do(`tcp ${name} 4`)
    await host.do(`connect ${name} 127.0.0.1 ${port}`)
    await host.do(`sleep ${waitMs}`)
    await host.do(`accept l ${name}-server`)
    await host.do(`close ${name}`)
    await host.do(`close ${name}-server`)
  }
  const result = recording.stop()
  // The client's side had a quick handshake; only the server's side waited.
  assert.deepEqual(
    recording.connections.map(({ kind }) => kind),
    ['accept', 'close'],
  )
  assert.ok(recording.connections.every(({ socket }) => socket.local.port === port))
  for (const book of result.books) assert.ok(isBalanced(book), JSON.stringify(book))
  assert.deepEqual(bookOf(result, 'close'), {
    signal: 'close',
    attempted: 4,
    delivered: 1,
    lost: 0,
    filtered: 3,
    invalid: 0,
  })
})

test('a connect that still waits is told once while it waits, then its end', async () => {
  await using hosts = await twoHosts()
  dropInput(hosts.b, ['tcp dport 80 tcp flags & (syn | ack) == syn numgen inc mod 2 == 0 drop'])
  await hosts.b.do('listen web 10.77.0.2 80 5')
  using recording = await Recording.connections(inNetns(hosts.a), { slowNs: 5e6 })
  await hosts.a.do('tcp c 4')
  const connecting = hosts.a.do('connect c 10.77.0.2 80')
  await recording.until(() => recording.connections.length >= 1)
  const [pending] = recording.connections
  assert.ok(pending?.kind === 'pending' && pending.waitedNs > 5e6 && pending.waitedNs < 500e6, 'told while it waits')
  assert.deepEqual([pending.owner?.pid, pending.socket.peer.port], [hosts.a.pid, 80])
  const connected = await connecting
  await recording.until(() => recording.connections.length >= 2)
  const result = recording.stop()
  const [, end] = recording.connections
  assert.equal(recording.connections.length, 2)
  assert.ok(end?.kind === 'connect' && end.connectionId === pending.connectionId)
  assert.ok(
    end.handshakeNs !== undefined && end.handshakeNs > 1e9 && end.handshakeNs <= connected.endNs - connected.startNs,
  )
  assert.deepEqual(bookOf(result, 'pending'), {
    signal: 'pending',
    attempted: 1,
    delivered: 1,
    lost: 0,
    filtered: 0,
    invalid: 0,
  })
})

test('a connect that never gets an answer: told while it waits, then as failed', async () => {
  await using hosts = await twoHosts()
  dropInput(hosts.b, ['tcp dport 80 drop'])
  using recording = await Recording.connections(inNetns(hosts.a), { slowNs: 20e6 })
  await hosts.a.do('tcp c 4')
  await hosts.a.do('option c syncnt 1')
  await assert.rejects(hosts.a.do('connect c 10.77.0.2 80'), { code: 'ETIMEDOUT' })
  await recording.until(() => recording.connections.length >= 2)
  recording.stop()
  assert.deepEqual(
    recording.connections.map((event) => [event.kind, event.kind === 'fail' && event.error]),
    [
      ['pending', false],
      ['fail', 'ETIMEDOUT'],
    ],
  )
})

test('quick connects under a threshold leave no row', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await Recording.connections(inNetns(host), { slowNs: 1e9 })
  const { value: port } = await host.do('listen l 127.0.0.1 0 4096')
  const served = host.in('server', 'accept-many l 100')
  await host.do(`connect-many 127.0.0.1 ${port} 100`)
  await served
  const result = recording.stop()
  assert.equal(recording.connections.length, 0)
  assert.deepEqual(bookOf(result, 'connect'), {
    signal: 'connect',
    attempted: 100,
    delivered: 0,
    lost: 0,
    filtered: 100,
    invalid: 0,
  })
})
