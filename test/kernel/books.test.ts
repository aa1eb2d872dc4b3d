import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { bookOf, counted, inNetns, isBalanced, Recording } from './recording.ts'

/** Two pairs of sockets in two processes of one namespace, each sending back and forth as fast as it can. */
async function twoPairs(): Promise<{ actors: Actor[]; stop: () => Promise<void> }> {
  const first = await Actor.inNewNamespace()
  const second = await Actor.beside(first)
  for (const actor of [first, second]) {
    const { value: port } = await actor.do('listen l 127.0.0.1 0 5')
    await actor.do('tcp c 4')
    await actor.do(`connect c 127.0.0.1 ${port}`)
    await actor.do('accept l s')
    for (const socket of ['c', 's']) await actor.do(`option ${socket} nodelay 1`)
  }
  return {
    actors: [first, second],
    stop: async () => {
      await second.stop()
      await first.stop()
    },
  }
}

const roundTrips = 125_000
const pickups = 4 * roundTrips

for (const { name, ringBytes, mayLose } of [
  { name: 'a ring that is large enough', ringBytes: 1 << 26, mayLose: false },
  { name: 'a ring that is not', ringBytes: 1 << 13, mayLose: true },
]) {
  test(`500,000 events as fast as two cores can, with ${name}: every one is accounted for`, async () => {
    const { actors, stop } = await twoPairs()
    const [first] = actors
    assert.ok(first)
    let delivered = 0
    using recording = await Recording.pickups(inNetns(first), { ringBytes })
    recording.onPickup = () => {
      delivered++
    }
    await Promise.all(actors.map((actor) => actor.do(`ping-pong c s ${roundTrips}`)))
    const result = recording.stop()
    await stop()
    const book = bookOf(result, 'pickup')
    assert.equal(book.attempted, pickups)
    assert.ok(isBalanced(book), JSON.stringify(book))
    assert.equal(book.delivered, delivered)
    assert.deepEqual([book.filtered, book.invalid], [0, 0])
    assert.equal(book.lost > 0, mayLose, JSON.stringify(book))
    // The histogram is made in the kernel: it has those too that the ring lost.
    assert.equal(
      counted(result, 'pickup').reduce((sum, { histogram }) => sum + histogram.count, 0),
      pickups,
    )
  })
}

test('events after the last row that was asked for are booked as filtered', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await Recording.connections(inNetns(host), { maxEvents: 3 })
  await host.do('connect-many 127.0.0.1 9 10')
  const result = recording.stop()
  assert.equal(recording.connections.length, 3)
  assert.deepEqual(bookOf(result, 'connect'), {
    signal: 'connect',
    attempted: 10,
    delivered: 3,
    lost: 0,
    filtered: 7,
    invalid: 0,
  })
})

test('where counts are what is delivered, every sample is, whatever the threshold of the rows', async () => {
  await using host = await Actor.inNewNamespace()
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('option c nodelay 1')
  using recording = await Recording.pickups(inNetns(host), { pickupRows: { overNs: 5e6 }, deliversCounts: true })
  await host.do('ping-pong c s 100')
  for (let i = 0; i < 3; i++) {
    await host.do('send c 1')
    await host.do('sleep 10')
    await host.do('recv s 1')
  }
  const result = recording.stop()
  assert.equal(recording.pickups.length, 3)
  assert.deepEqual(bookOf(result, 'pickup'), {
    signal: 'pickup',
    attempted: 203,
    delivered: 203,
    lost: 0,
    filtered: 0,
    invalid: 0,
  })
})
