import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor, type Done } from '../../lab/actor.ts'
import { twoHosts } from '../../lab/network.ts'
import { LogLinearHistogram } from '../../src/histogram/log-linear-histogram.ts'
import { assertSpan, bookOf, counted, inNetns, isBalanced, Recording } from './recording.ts'

/** A host with a connection between its sockets c and s. */
async function connected(options: { beforeAccept?: string } = {}): Promise<Actor> {
  const host = await Actor.inNewNamespace()
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  if (options.beforeAccept) await host.do(options.beforeAccept)
  await host.do('accept l s')
  await host.do('option c nodelay 1')
  return host
}

for (const waitMs of [1, 5, 20, 100]) {
  test(`data that waited ${waitMs} ms for its reader`, async () => {
    await using host = await connected()
    using recording = await Recording.pickups(inNetns(host))
    const sent = await host.do('send c 100')
    await host.do(`sleep ${waitMs}`)
    const received = await host.do('recv s 100')
    await recording.until(() => recording.pickups.length >= 1)
    const result = recording.stop()
    assert.equal(recording.pickups.length, 1)
    const [sample] = recording.pickups
    assertSpan(sample?.latencyNs, sent, received)
    assert.deepEqual([sample?.reader.pid, sample?.reader.tid, sample?.reader.comm], [host.pid, host.pid, 'actor'])
    assert.equal(sample?.isLowerBound, false)
    assert.ok(isBalanced(bookOf(result, 'pickup')))
    assert.deepEqual(
      counted(result, 'pickup').map(({ pid, histogram }) => [pid, histogram.count, histogram.maxNs]),
      [[host.pid, 1, sample?.latencyNs]],
    )
  })
}

test('a reader asleep 200 ms while 20 packets arrive 50 ms apart: the largest is 200 ms', async () => {
  await using host = await connected()
  using recording = await Recording.pickups(inNetns(host))
  const sending = (async () => {
    for (let i = 0; i < 20; i++) {
      await host.in('sender', 'send c 10')
      await host.in('sender', 'sleep 50')
    }
  })()
  let received = 0
  while (received < 200) {
    await host.in('reader', 'sleep 200')
    received += (await host.in('reader', 'recv s 1000')).value
  }
  await sending
  recording.stop()
  const largestNs = Math.max(...recording.pickups.map((sample) => sample.latencyNs))
  assert.ok(Math.abs(largestNs - 200e6) <= 10e6, `${largestNs}`)
  assert.ok(
    recording.pickups.every((sample) => sample.latencyNs > 140e6),
    'every read took what had waited since the last one',
  )
})

test('partial reads: each counts from the oldest byte that was left', async () => {
  await using host = await connected()
  using recording = await Recording.pickups(inNetns(host))
  const first = await host.do('send c 100')
  await host.do('sleep 30')
  const second = await host.do('send c 100')
  await host.do('sleep 30')
  const reads: Done[] = []
  for (const bytes of [50, 50, 60, 40]) {
    reads.push(await host.do(`recv s ${bytes}`))
    await host.do('sleep 10')
  }
  await recording.until(() => recording.pickups.length >= 4)
  recording.stop()
  assert.equal(recording.pickups.length, 4)
  const sent = [first, first, second, second]
  recording.pickups.forEach((sample, i) => assertSpan(sample.latencyNs, sent[i]!, reads[i]!))
})

test('MSG_PEEK reads nothing: the wait goes on until the data is taken', async () => {
  await using host = await connected()
  using recording = await Recording.pickups(inNetns(host))
  const sent = await host.do('send c 100')
  await host.do('sleep 20')
  assert.equal((await host.do('recv s 100 peek')).value, 100)
  await host.do('sleep 20')
  assert.equal((await host.do('recv s 100 peek')).value, 100)
  const received = await host.do('recv s 100')
  await recording.until(() => recording.pickups.length >= 1)
  recording.stop()
  assert.equal(recording.pickups.length, 1)
  assertSpan(recording.pickups[0]?.latencyNs, sent, received)
})

test('splice and MSG_TRUNC are reads', async () => {
  await using host = await connected()
  for (const read of ['splice s 100', 'recv s 100 trunc']) {
    using recording = await Recording.pickups(inNetns(host))
    const sent = await host.do('send c 100')
    await host.do('sleep 20')
    const received = await host.do(read)
    assert.equal(received.value, 100)
    await recording.until(() => recording.pickups.length >= 1)
    recording.stop()
    assert.equal(recording.pickups.length, 1, read)
    assertSpan(recording.pickups[0]?.latencyNs, sent, received)
  }
})

test('30 kB unread for 300 ms on a half-closed socket are reported', async () => {
  await using host = await connected()
  using recording = await Recording.pickups(inNetns(host))
  await host.do('shutdown s')
  const sent = await host.do('send c 30000')
  await host.do('sleep 300')
  const received = await host.do('recv s 30000 waitall')
  assert.equal(received.value, 30_000)
  await recording.until(() => recording.pickups.length >= 1)
  recording.stop()
  const largestNs = Math.max(...recording.pickups.map((sample) => sample.latencyNs))
  assert.ok(Math.abs(largestNs - 300e6) <= 10e6, `${largestNs}`)
  assertSpan(largestNs, sent, received)
})

test('data that waited in the backlog, while another thread held the socket, counts from its arrival', async () => {
  await using host = await connected()
  using recording = await Recording.pickups(inNetns(host))
  await host.do('send c 100')
  const slow = host.in('slow', 'slow-recv s 100 50')
  await host.do('sleep 10')
  const sent = await host.do('send c 100')
  await slow
  const received = await host.do('recv s 100')
  await recording.until(() => recording.pickups.length >= 2)
  recording.stop()
  assert.equal(recording.pickups.length, 2)
  assertSpan(recording.pickups[1]?.latencyNs, sent, received)
})

test('an event-loop server: the wait between readiness and read is seen', async () => {
  await using host = await connected()
  using recording = await Recording.pickups(inNetns(host))
  const polled = host.in('server', 'poll s in 1000')
  const sent = await host.do('send c 100')
  assert.equal((await polled).value, 1)
  await host.in('server', 'sleep 15')
  const received = await host.in('server', 'recv s 100 dontwait')
  await recording.until(() => recording.pickups.length >= 1)
  recording.stop()
  assert.equal(recording.pickups.length, 1)
  assertSpan(recording.pickups[0]?.latencyNs, sent, received)
})

test('threads that share a socket: each read is its own, by the thread that did it', async () => {
  await using host = await connected()
  using recording = await Recording.pickups(inNetns(host))
  const expected: { tid: number; sent: Done; received: Done }[] = []
  for (const thread of ['one', 'two', 'one', 'two']) {
    const sent = await host.do('send c 10')
    await host.do('sleep 5')
    const received = await host.in(thread, 'recv s 10')
    expected.push({ tid: (await host.in(thread, 'tid')).value, sent, received })
  }
  await recording.until(() => recording.pickups.length >= 4)
  recording.stop()
  assert.deepEqual(
    recording.pickups.map((sample) => sample.reader.tid),
    expected.map(({ tid }) => tid),
  )
  recording.pickups.forEach((sample, i) => assertSpan(sample.latencyNs, expected[i]!.sent, expected[i]!.received))
})

test('data that was unread at start is reported as at least so long, the data after it exactly', async () => {
  await using host = await connected({ beforeAccept: 'send c 100' })
  await host.do('sleep 50')
  using recording = await Recording.pickups(inNetns(host))
  await host.do('sleep 20')
  const first = await host.do('recv s 100')
  const sent = await host.do('send c 100')
  await host.do('sleep 20')
  const second = await host.do('recv s 100')
  await recording.until(() => recording.pickups.length >= 2)
  recording.stop()
  assert.deepEqual(
    recording.pickups.map((sample) => sample.isLowerBound),
    [true, false],
  )
  // The kernel's own note of the last arrival is in jiffies: 10 ms at the coarsest.
  const [bound] = recording.pickups
  assert.ok(
    bound && bound.latencyNs >= 60e6 && bound.latencyNs <= first.endNs - sent.startNs + 1e9,
    `${bound?.latencyNs}`,
  )
  assertSpan(recording.pickups[1]?.latencyNs, sent, second)
})

test('a slow reader with a standing queue: small reads of what came in many pieces', async () => {
  await using hosts = await twoHosts()
  await hosts.b.do('listen web 10.77.0.2 80 5')
  await hosts.a.do('tcp c 4')
  await hosts.a.do('connect c 10.77.0.2 80')
  await hosts.a.do('option c nodelay 1')
  await hosts.b.do('accept web s')
  using recording = await Recording.pickups(inNetns(hosts.b))
  const sends: Done[] = []
  for (let i = 0; i < 200; i++) {
    sends.push(await hosts.a.do('send c 10'))
    await hosts.a.do('sleep 2')
  }
  const reads: Done[] = []
  for (let i = 0; i < 200; i++) {
    reads.push(await hosts.b.do('recv s 10'))
    await hosts.b.do('sleep 1')
  }
  await recording.until(() => recording.pickups.length >= 200)
  recording.stop()
  assert.equal(recording.pickups.length, 200)
  // What has waited as long as the oldest is told up to 2 % of it too long, and nothing too short.
  recording.pickups.forEach((sample, i) => {
    const leastNs = reads[i]!.startNs - sends[i]!.endNs
    const mostNs = reads[i]!.endNs - sends[i]!.startNs
    const oldestNs = reads[0]!.endNs - sends[0]!.startNs
    assert.ok(
      sample.latencyNs >= leastNs - 0.3e6 && sample.latencyNs <= mostNs + 0.3e6 + 0.02 * oldestNs,
      `${i}: ${sample.latencyNs} for ${leastNs} to ${mostNs}`,
    )
  })
})

test('samples at or below the threshold are filtered, and booked so', async () => {
  await using host = await connected()
  using recording = await Recording.pickups(inNetns(host), { pickupRows: { overNs: 150e6 } })
  // The quick ones wait for this test to tell the actor to read: some milliseconds.
  for (const waitMs of [0, 200, 0, 200]) {
    await host.do('send c 10')
    await host.do(`sleep ${waitMs}`)
    await host.do('recv s 10')
  }
  await recording.until(() => recording.pickups.length >= 2)
  const result = recording.stop()
  assert.equal(recording.pickups.length, 2)
  const book = bookOf(result, 'pickup')
  assert.ok(isBalanced(book))
  assert.equal(book.delivered, 2)
  assert.ok(book.filtered >= 2)
  assert.equal(counted(result, 'pickup')[0]?.histogram.count, 4)
})

test('aggregated only: nothing crosses the ring, every sample is in the histogram', async () => {
  await using host = await connected()
  using recording = await Recording.pickups(inNetns(host), { pickupRows: undefined })
  await host.do('ping-pong c s 1000')
  const result = recording.stop()
  assert.equal(recording.pickups.length, 0)
  const book = bookOf(result, 'pickup')
  assert.ok(isBalanced(book))
  assert.equal(book.delivered, 2000)
  assert.deepEqual(
    counted(result, 'pickup').map(({ pid, comm, histogram }) => [pid, comm, histogram.count]),
    [[host.pid, 'actor', 2000]],
  )
})

test('the kernel counts into the buckets that the rows would go to', async () => {
  await using host = await connected()
  using recording = await Recording.pickups(inNetns(host))
  await host.do('ping-pong c s 2000')
  for (const waitMs of [1, 3, 10, 30]) {
    await host.do('send c 1')
    await host.do(`sleep ${waitMs}`)
    await host.do('recv s 1')
  }
  const result = recording.stop()
  const expected = new LogLinearHistogram()
  for (const sample of recording.pickups) expected.record(sample.latencyNs)
  assert.equal(expected.count, 4004)
  assert.deepEqual(
    counted(result, 'pickup').map(({ histogram }) => histogram),
    [expected],
  )
})
