import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { assertSpan, bookOf, counted, inNetns, isBalanced, Recording } from './recording.ts'

/** A host with a datagram socket s, and one c that is connected to it. */
async function pair(version: 4 | 6 = 4): Promise<Actor> {
  const host = await Actor.inNewNamespace()
  const address = version === 4 ? '127.0.0.1' : '::1'
  await host.do(`udp s ${version}`)
  await host.do(`bind s ${address} 5353`)
  await host.do(`udp c ${version}`)
  await host.do(`connect c ${address} 5353`)
  return host
}

for (const version of [4, 6] as const) {
  for (const waitMs of [1, 5, 20, 100]) {
    test(`a datagram over IPv${version} that waited ${waitMs} ms`, async () => {
      await using host = await pair(version)
      using recording = await Recording.pickups(inNetns(host), { signals: ['udpPickup'] })
      const sent = await host.do('send c 100')
      await host.do(`sleep ${waitMs}`)
      const received = await host.in('reader', 'recv s 100')
      const { value: tid } = await host.in('reader', 'tid')
      const result = recording.stop()
      const [sample] = recording.pickups
      assert.equal(recording.pickups.length, 1)
      assertSpan(sample?.latencyNs, sent, received)
      assert.deepEqual(
        [sample?.protocol, sample?.reader.pid, sample?.reader.tid, sample?.socket.local.port],
        ['udp', host.pid, tid, 5353],
      )
      assert.ok(isBalanced(bookOf(result, 'udpPickup')))
    })
  }
}

test('each of several datagrams has waited since it came itself', async () => {
  await using host = await pair()
  using recording = await Recording.pickups(inNetns(host), { signals: ['udpPickup'] })
  const sent = []
  for (let i = 0; i < 4; i++) {
    sent.push(await host.do('send c 10'))
    await host.do('sleep 20')
  }
  const received = []
  for (let i = 0; i < 4; i++) received.push(await host.do('recv s 10'))
  recording.stop()
  assert.equal(recording.pickups.length, 4)
  for (let i = 0; i < 4; i++) assertSpan(recording.pickups[i]?.latencyNs, sent[i]!, received[i]!)
})

test('a peek reads nothing; the read after it does', async () => {
  await using host = await pair()
  using recording = await Recording.pickups(inNetns(host), { signals: ['udpPickup'] })
  const sent = await host.do('send c 10')
  await host.do('recv s 10 peek')
  await host.do('sleep 10')
  const received = await host.do('recv s 10')
  recording.stop()
  assert.equal(recording.pickups.length, 1)
  assertSpan(recording.pickups[0]?.latencyNs, sent, received)
})

test('datagrams that find the receive buffer full are counted at the reader', async () => {
  await using host = await pair()
  using recording = await Recording.pickups(inNetns(host), { signals: ['udpPickup'], pickupRows: undefined })
  await host.do('send c 10')
  await host.do('recv s 10')
  await host.do('option s rcvbuf 4096')
  await host.do('send-many c 100 500')
  await host.do('option s nonblock 1')
  let read = 0
  while (await host.do('recv s 500').then(...ok)) read++
  const result = recording.stop()
  const reader = result.activities.find(({ counts }) => counts.drops > 0)
  assert.equal(reader?.edge.process?.pid, host.pid)
  assert.equal(reader?.counts.drops, 100 - read)
  assert.deepEqual(
    counted(result, 'pickup', 'udp').map(({ pid, histogram }) => [pid, histogram.count]),
    [[host.pid, 1 + read]],
  )
})

const ok = [() => true, () => false] as const

for (const version of [4, 6] as const) {
  test(`send calls over IPv${version}, one by one and many at once, each once with its bytes`, async () => {
    await using host = await pair(version)
    using recording = await Recording.sends(inNetns(host))
    await host.do('send c 100')
    await host.do('sendmmsg c 5 200')
    await host.do('send-many c 10 300')
    const result = recording.stop()
    assert.deepEqual(
      recording.sends.map(({ protocol, bytes, sender }) => [protocol, bytes, sender.pid]),
      [100, ...Array.from({ length: 5 }, () => 200), ...Array.from({ length: 10 }, () => 300)].map((bytes) => [
        'udp',
        bytes,
        host.pid,
      ]),
    )
    assert.deepEqual([bookOf(result, 'udpSend').attempted, bookOf(result, 'send').attempted], [16, 0])
    assert.equal(
      result.activities.find(({ edge }) => edge.protocol === 'udp')?.counts.sentBytes,
      100 + 5 * 200 + 10 * 300,
    )
  })
}

test('what is sent by write() is not measured here, and is booked as invalid', async () => {
  await using host = await pair()
  using recording = await Recording.sends(inNetns(host))
  await host.do('send-by write c 100')
  const result = recording.stop()
  const book = bookOf(result, 'udpSend')
  assert.ok(isBalanced(book))
  assert.deepEqual([recording.sends.length, book.invalid > 0], [0, true])
})
