import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { assertTook, bookOf, counted, inNetns, isBalanced, Recording } from './recording.ts'

/** A host with a connection between its sockets c and s. */
async function connected(version: 4 | 6 = 4): Promise<Actor> {
  const host = await Actor.inNewNamespace()
  const address = version === 4 ? '127.0.0.1' : '::1'
  const { value: port } = await host.do(`listen l ${address} 0 5`)
  await host.do(`tcp c ${version}`)
  await host.do(`connect c ${address} ${port}`)
  await host.do('accept l s')
  return host
}

const ok = [() => true, () => false] as const

/** Sends over c until nothing is taken any more, also after a while: the last of a window is filled by probes. */
async function fillSendBuffer(host: Actor): Promise<void> {
  await host.do('option c nonblock 1')
  for (let idleRounds = 0; idleRounds < 2;) {
    let isTaken = false
    while (await host.do('send c 100000').then(...ok)) isTaken = true
    idleRounds = isTaken ? 0 : idleRounds + 1
    await host.do('sleep 300')
  }
  await host.do('option c nonblock 0')
}

for (const [way, version] of [
  ['send', 4],
  ['write', 4],
  ['writev', 4],
  ['splice', 4],
  ['send', 6],
] as const) {
  test(`a ${way} over IPv${version} is one send call with its bytes and its sender`, async () => {
    await using host = await connected(version)
    using recording = await Recording.sends(inNetns(host))
    const done = await host.in('sender', way === 'send' ? 'send c 1000' : `send-by ${way} c 1000`)
    const { value: tid } = await host.in('sender', 'tid')
    const result = recording.stop()
    assert.equal(done.value, 1000)
    assert.deepEqual(
      recording.sends.map(({ sender, bytes, error, protocol, blockedNs, socket }) => ({
        pid: sender.pid,
        tid: sender.tid,
        bytes,
        error,
        protocol,
        blockedNs,
        ipVersion: socket.ipVersion,
      })),
      [{ pid: host.pid, tid, bytes: 1000, error: undefined, protocol: 'tcp', blockedNs: 0, ipVersion: version }],
    )
    const [sample] = recording.sends
    assert.ok(sample && sample.latencyNs > 0 && sample.latencyNs <= done.endNs - done.startNs)
    assert.deepEqual(bookOf(result, 'send'), {
      signal: 'send',
      attempted: 1,
      delivered: 1,
      lost: 0,
      filtered: 0,
      invalid: 0,
    })
  })
}

test('sendfile: every byte is in a send call', async () => {
  await using host = await connected()
  using recording = await Recording.sends(inNetns(host))
  const { value: sent } = await host.do('send-by file c 100000')
  recording.stop()
  assert.equal(sent, 100_000)
  assert.equal(
    recording.sends.reduce((sum, { bytes }) => sum + bytes, 0),
    100_000,
  )
})

for (const waitMs of [1, 5, 40, 200]) {
  test(`a full send buffer holds the sender up for ${waitMs} ms: it is told as blocked`, async () => {
    await using host = await connected()
    await host.do('option s rcvbuf 20000')
    await host.do('option c sndbuf 20000')
    await fillSendBuffer(host)
    using recording = await Recording.sends(inNetns(host))
    const sending = host.in('sender', 'send c 2000')
    // The reader begins when the sender has been waiting for a while; the actor's clock says for how long.
    await host.do(`sleep ${waitMs}`)
    const drained = host.in('reader', 'recv s 9000000 waitall').catch(() => undefined)
    const sent = await sending
    const result = recording.stop()
    await host.stop()
    await drained
    const [sample] = recording.sends
    assert.equal(recording.sends.length, 1)
    assertTook(sample?.latencyNs, sent)
    assertTook(sample?.blockedNs, sent)
    assert.ok((sample?.latencyNs ?? 0) >= waitMs * 1e6)
    const { counts } = result.activities[0]!
    assert.equal(counts.sendBlockedNs, sample?.blockedNs)
    assert.equal(counts.sentBytes, 2000)
  })
}

test('a full send buffer and a socket that does not wait: EAGAIN, counted; a part that fits is a partial send', async () => {
  await using host = await connected()
  await host.do('option s rcvbuf 20000')
  await host.do('option c sndbuf 20000')
  await host.do('option c nonblock 1')
  using recording = await Recording.sends(inNetns(host))
  const { value: partial } = await host.do('send c 10000000')
  let calls = 1
  for (let isTaken = true; isTaken; calls++) isTaken = await host.do('send c 10000000').then(...ok)
  const result = recording.stop()
  assert.ok(partial > 0 && partial < 10_000_000)
  assert.equal(recording.sends.length, calls)
  assert.equal(recording.sends[0]?.bytes, partial)
  assert.deepEqual([recording.sends.at(-1)?.bytes, recording.sends.at(-1)?.error], [0, 'EAGAIN'])
  assert.equal(result.activities[0]?.counts.wouldBlocks, 1)
})

test("a sender that waits for the peer's closed window is told so", async () => {
  await using host = await connected()
  await host.do('option s rcvbuf 4000')
  await host.do('option c sndbuf 20000')
  await fillSendBuffer(host)
  using recording = await Recording.sends(inNetns(host))
  const sending = host.in('sender', 'send c 2000')
  await host.do('sleep 50')
  const drained = host.in('reader', 'recv s 9000000 waitall').catch(() => undefined)
  await sending
  const result = recording.stop()
  await host.stop()
  await drained
  assert.deepEqual(
    recording.sends.map(({ metZeroWindow }) => metZeroWindow),
    [true],
  )
  assert.equal(result.activities[0]?.counts.zeroWindows, 1)
})

test('two threads that send at once over one socket never mix', async () => {
  await using host = await connected()
  await host.do('option s rcvbuf 20000')
  await host.do('option c sndbuf 20000')
  using recording = await Recording.sends(inNetns(host))
  const both = Promise.all([host.in('one', 'send c 300000'), host.in('two', 'send c 200000')])
  await host.do('sleep 20')
  await host.in('reader', 'recv s 500000 waitall')
  const [one, two] = await both
  const tids = await Promise.all(['one', 'two'].map(async (thread) => (await host.in(thread, 'tid')).value))
  const result = recording.stop()
  const of = (tid: number | undefined): (typeof recording.sends)[number] | undefined =>
    recording.sends.find(({ sender }) => sender.tid === tid)
  assert.equal(recording.sends.length, 2)
  assert.deepEqual([of(tids[0])?.bytes, of(tids[1])?.bytes], [300_000, 200_000])
  assertTook(of(tids[0])?.latencyNs, one)
  assertTook(of(tids[1])?.latencyNs, two)
  assert.ok(isBalanced(bookOf(result, 'send')))
})

test('two threads, each with a socket of its own, as fast as they can: every call is counted once', async () => {
  await using host = await connected()
  const { value: port } = await host.do('listen l2 127.0.0.1 0 5')
  await host.do('tcp c2 4')
  await host.do(`connect c2 127.0.0.1 ${port}`)
  await host.do('accept l2 s2')
  using recording = await Recording.sends(inNetns(host), { sendRows: undefined })
  const reading = [host.in('r1', 'recv s 5000 waitall'), host.in('r2', 'recv s2 5000 waitall')]
  await Promise.all([host.in('one', 'send-many c 5000 1'), host.in('two', 'send-many c2 5000 1')])
  await Promise.all(reading)
  const result = recording.stop()
  assert.deepEqual(
    counted(result, 'send').map(({ pid, comm, histogram }) => [pid, comm, histogram.count]),
    [[host.pid, 'actor', 10_000]],
  )
  assert.equal(bookOf(result, 'send').delivered, 10_000)
  assert.equal(result.activities[0]?.counts.sentBytes, 10_000)
})

test('1,000 short-lived processes that send leave the maps as they were', async () => {
  await using host = await connected()
  using recording = await Recording.sends(inNetns(host), { sendRows: undefined, aggregate: 'edge' })
  const before = recording.watch.mapEntries()
  for (let i = 0; i < 1000; i++) {
    const { value: child } = await host.do('fork send c 1')
    assert.equal((await host.do(`wait ${child}`)).value, 0)
    // Freed at the harvest after the one that finds them: by then they are known to do nothing any more.
    if (i % 500 === 499) recording.watch.harvest()
  }
  recording.watch.harvest()
  recording.watch.harvest()
  assert.deepEqual(recording.watch.mapEntries(), before)
  const result = recording.stop()
  assert.equal(result.activities.length, 1000)
  assert.equal(new Set(result.activities.map(({ edge }) => edge.process?.pid)).size, 1000)
  assert.equal(bookOf(result, 'send').delivered, 1000)
})

test('the kernel counts into the buckets that the rows would go to', async () => {
  await using host = await connected()
  using recording = await Recording.sends(inNetns(host))
  const reading = host.in('reader', 'recv s 2000 waitall')
  await host.do('send-many c 2000 1')
  await reading
  const result = recording.stop()
  const [process] = counted(result, 'send')
  assert.equal(process?.histogram.count, 2000)
  assert.equal(
    process?.histogram.sumNs,
    recording.sends.reduce((sum, { latencyNs }) => sum + latencyNs, 0),
  )
  assert.equal(process?.histogram.maxNs, Math.max(...recording.sends.map(({ latencyNs }) => latencyNs)))
})
