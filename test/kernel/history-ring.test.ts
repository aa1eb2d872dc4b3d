import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import type { HistoryEvent } from '../../src/model/incident.ts'
import { slowNs, histories, connect, words, of, assertDelivered, assertInOrder, held } from './histories.ts'
import { bookOf, inNetns, isBalanced } from './recording.ts'

for (const roundTrips of [9, 10, 11, 1000]) {
  test(`the last ${held} of the events of ${roundTrips} round trips, and how many were before`, async () => {
    await using host = await Actor.inNewNamespace()
    using recording = await histories(host, slowNs)
    const port = await connect(host)
    await host.do(`ping-pong c s ${roundTrips}`)
    await host.do('send c 70')
    await host.do('sleep 60')
    await host.do('recv s 70')
    for (let i = 0; i < roundTrips; i++) await host.do('ping-pong c s 1')
    await host.do('send c 7')
    await host.do('sleep 60')
    await host.do('recv s 7')
    recording.stop()
    const trips = Array.from({ length: roundTrips }, () => ['receive 1', 'read 1', 'send 1']).flat()
    const first = ['state ESTABLISHED', 'accept', ...trips, 'receive 70', 'read 70']
    const second = [...trips, 'receive 7', 'read 7']
    const last = (events: string[]): object => ({
      events: events.slice(-held),
      forgotten: Math.max(0, events.length - held),
    })
    assert.deepEqual(of(recording, port), [
      { trigger: 'slow', cause: 'read 70', ...last(first) },
      { trigger: 'slow', cause: 'read 7', ...last(second) },
    ])
  })
}

test('a slow send in which so much came that its begin is forgotten', async () => {
  await using host = await Actor.inNewNamespace()
  const port = await connect(host)
  await host.do('option s rcvbuf 20000')
  await host.do('option c sndbuf 20000')
  using recording = await histories(host, slowNs)
  const sending = host.in('sender', 'send c 300000')
  await host.do('sleep 60')
  for (let i = 0; i < 40; i++) {
    await host.do('send s 1')
    await host.do('recv c 1')
  }
  await host.in('reader', 'recv s 300000 waitall')
  await sending
  recording.stop()
  const [history, ...more] = recording.histories.filter(({ socket }) => socket.peer.port === port)
  assert.ok(history)
  assert.deepEqual(more, [])
  assert.match(words(history.cause), /^send 300000/)
  const received = Array.from({ length: 40 }, () => ['receive 1', 'read 1']).flat()
  assert.deepEqual([history.events.map(words), history.forgotten], [received.slice(-held), 81 - held])
})

test('where everything is over the threshold, each event is told once', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await histories(host, 1, { ringBytes: 1 << 24 })
  const port = await connect(host)
  await host.do('ping-pong c s 2000')
  const result = recording.stop()
  const trips = (events: string[]): string[] => Array.from({ length: 2000 }, () => events).flat()
  const all = (server: boolean): string[] =>
    recording.histories
      .filter(({ socket }) => (socket.local.port === port) === server)
      .flatMap(({ events }) => events.map(words))
  assert.deepEqual(all(true), ['state ESTABLISHED', 'accept', ...trips(['receive 1', 'read 1', 'send 1'])])
  assert.deepEqual(all(false), ['state SYN_SENT', 'state ESTABLISHED', ...trips(['send 1', 'receive 1', 'read 1'])])
  assert.ok(recording.histories.every(({ forgotten }) => forgotten === 0))
  assertDelivered(result, recording.histories.length)
  assertInOrder(recording)
})

test('both ends at once on two processors: every byte is in the histories once', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await histories(host, 1, { ringBytes: 1 << 24 })
  const port = await connect(host)
  await host.do('option c nodelay 1')
  const count = 5000
  await Promise.all([
    host.in('sender', `repeat ${count} send c 10`),
    host.in('reader', `recv s ${5 * count} waitall`).then(() => host.in('reader', `recv s ${5 * count} waitall`)),
  ])
  recording.stop()
  const bytesOf = (server: boolean, what: HistoryEvent['what']): number =>
    recording.histories
      .filter(({ socket }) => (socket.local.port === port) === server)
      .flatMap(({ events }) => events)
      .reduce((sum, event) => sum + (event.what === what ? (event.bytes ?? 0) : 0), 0)
  assert.deepEqual([bytesOf(false, 'send'), bytesOf(true, 'receive')], [10 * count, 10 * count])
  assert.ok(recording.histories.every(({ forgotten }) => forgotten === 0))
})

test('a ring to user space that is full: what is lost is booked', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await histories(host, undefined, { ringBytes: 1 << 13 })
  await host.do('connect-many 127.0.0.1 9 3000')
  const result = recording.stop()
  const book = bookOf(result, 'history')
  assert.ok(isBalanced(book), JSON.stringify(book))
  assert.deepEqual([book.attempted - book.filtered, book.delivered], [3000, recording.histories.length])
  assert.ok(book.lost > 0)
  for (const { events, forgotten } of recording.histories) assert.deepEqual([events.length, forgotten], [3, 0])
})

test('the filters hold for histories, too', async () => {
  await using host = await Actor.inNewNamespace()
  await using other = await Actor.beside(host)
  const filter = { ...inNetns(host), pid: { include: [{ low: host.pid, high: host.pid }], exclude: [] } }
  using recording = await histories(host, undefined, { filter })
  for (const actor of [host, other]) await actor.do('connect-many 127.0.0.1 9 3')
  const result = recording.stop()
  assert.deepEqual(
    recording.histories.map(({ owner }) => owner?.pid),
    [host.pid, host.pid, host.pid],
  )
  const { delivered, filtered } = bookOf(result, 'history')
  assert.equal(delivered, 3)
  assert.ok(filtered >= 3)
})

test('1,000 sockets that are closed leave nothing behind', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await histories(host, slowNs)
  const { value: port } = await host.do('listen l 127.0.0.1 0 4096')
  const before = recording.watch.mapEntries()
  const accepting = host.in('server', 'accept-many l 1000')
  await host.do(`connect-many 127.0.0.1 ${port} 1000`)
  await accepting
  await host.do('connect-many 127.0.0.1 9 1000')
  await recording.until(() => recording.histories.length >= 1000)
  // The maps are the whole host's, on which other sockets may come and go.
  const grown = (): number[] =>
    Object.entries(recording.watch.mapEntries()).map(([map, count]) => count - (before[map] ?? 0))
  await recording.until(() => grown().every((count) => count <= 8))
})
