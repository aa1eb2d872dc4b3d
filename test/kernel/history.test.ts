import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { dropInput, inside, twoHosts } from '../../lab/network.ts'
import { slowNs, histories, connect, told, of, assertDelivered, assertInOrder } from './histories.ts'
import { assertSpan, assertTook, bookOf, inNetns, isBalanced, Recording } from './recording.ts'

test('what led to a slow pickup: every event of that socket, with its bytes, in order', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await histories(host, slowNs)
  const port = await connect(host)
  await host.do('send c 100')
  await host.do('recv s 100')
  await host.do('send s 50')
  await host.do('recv c 50')
  await host.do('option c nodelay 1')
  for (const bytes of [1, 2, 3]) await host.do(`send c ${bytes}`)
  await host.do('recv s 6')
  const sent = await host.do('send c 70')
  await host.do('sleep 60')
  const read = await host.do('recv s 70')
  const result = recording.stop()
  assert.deepEqual(of(recording, port), [
    {
      trigger: 'slow',
      cause: 'read 70',
      events: [
        'state ESTABLISHED',
        'accept',
        'receive 100',
        'read 100',
        'send 50',
        'receive 6 3 arrivals',
        'read 6',
        'receive 70',
        'read 70',
      ],
      forgotten: 0,
    },
  ])
  assert.equal(recording.histories.length, 1)
  assertInOrder(recording)
  const [history] = recording.histories
  assertSpan(history?.cause.durationNs, sent, read)
  assert.deepEqual([history?.owner?.pid, history?.connectionId !== 0], [host.pid, true])
  assertDelivered(result, 1)
})

test('what led to a slow send, of a connection that was there before', async () => {
  await using host = await Actor.inNewNamespace()
  const port = await connect(host)
  await host.do('option s rcvbuf 20000')
  await host.do('option c sndbuf 20000')
  using recording = await histories(host, slowNs, { signals: ['connect', 'accept', 'send', 'pickup'] })
  await host.do('send c 100')
  await host.do('recv s 100')
  await host.do('send s 30')
  await host.do('recv c 30')
  const sending = host.in('sender', 'send c 300000')
  await host.do('sleep 60')
  await host.in('reader', 'recv s 300000 waitall')
  const sent = await sending
  recording.stop()
  const [history, ...more] = recording.histories.filter(({ socket }) => socket.peer.port === port)
  assert.ok(history)
  assert.deepEqual(more, [])
  const isHeldUpByWindow = history.cause.detail === 'zero window'
  const slow = `send 300000${isHeldUpByWindow ? ' zero window' : ''}`
  const events = ['send 100', 'receive 30', 'read 30', slow]
  assert.deepEqual(told(history), { trigger: 'slow', cause: slow, events, forgotten: 0 })
  assertTook(history.cause.durationNs, sent)
  assert.equal(history.events.at(-1)?.durationNs, history.cause.durationNs)
})

test('a late accept() is told at the first use; what was told is not told again', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await histories(host, slowNs)
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  const connected = await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('send c 10')
  await host.do('sleep 60')
  const accepted = await host.do('accept l s')
  await host.do('recv s 10')
  await host.do('send s 20')
  await host.do('close s')
  recording.stop()
  assert.deepEqual(of(recording, port), [
    { trigger: 'slow', cause: 'accept', events: ['state ESTABLISHED', 'receive 10', 'accept'], forgotten: 0 },
    { trigger: 'slow', cause: 'read 10', events: ['read 10'], forgotten: 0 },
  ])
  assertInOrder(recording)
  assertSpan(recording.histories[0]?.cause.durationNs, connected, accepted)
})

test('an accepted connection that nobody uses: its late accept() is told when it is closed', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await histories(host, slowNs)
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('sleep 60')
  await host.do('accept l s')
  await host.do('close s')
  recording.stop()
  const events = ['state ESTABLISHED', 'accept']
  assert.deepEqual(of(recording, port), [{ trigger: 'slow', cause: 'accept', events, forgotten: 0 }])
})

test('connects that fail: what came of each SYN, and the errno', async () => {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  dropInput(b, ['tcp dport 7000 drop'])
  using recording = await histories(a)
  await a.do('tcp refused 4')
  await assert.rejects(a.do(`connect refused ${addressB} 9`))
  await a.do('tcp lost 4')
  await a.do('option lost syncnt 1')
  await assert.rejects(a.do(`connect lost ${addressB} 7000`))
  const result = recording.stop()
  const failed = (cause: string, between: string[]): unknown => ({
    trigger: 'failure',
    cause,
    events: ['state SYN_SENT', ...between, cause],
    forgotten: 0,
  })
  // How many retries `syncnt 1` makes differs between kernels.
  const retries = (recording.histories[1]?.events.length ?? 0) - 2
  assert.ok(retries >= 1)
  assert.deepEqual(recording.histories.map(told), [
    failed('state CLOSE ECONNREFUSED', ['reset received']),
    failed('state CLOSE ETIMEDOUT', Array<string>(retries).fill('retransmit syn')),
  ])
  assert.deepEqual(
    recording.histories.map(({ socket, owner }) => [socket.peer.port, owner?.pid]),
    [
      [9, a.pid],
      [7000, a.pid],
    ],
  )
  assertDelivered(result, 2)
})

test('a handshake that took long: with the SYN that was lost', async () => {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  await b.do('listen l 0.0.0.0 7000 5')
  dropInput(b, ['tcp dport 7000 tcp flags & (syn|ack) == syn numgen inc mod 2 == 0 drop'])
  using recording = await histories(a, slowNs)
  await a.do('tcp c 4')
  const connected = await a.do(`connect c ${addressB} 7000`)
  recording.stop()
  const events = ['state SYN_SENT', 'retransmit syn', 'state ESTABLISHED']
  assert.deepEqual(recording.histories.map(told), [
    { trigger: 'slow', cause: 'state ESTABLISHED', events, forgotten: 0 },
  ])
  assertTook(recording.histories[0]?.cause.durationNs, connected)
})

test('retransmission timers that run out: the first brings what led to it, the others themselves', async () => {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  await b.do('listen l 0.0.0.0 7000 5')
  using recording = await histories(a)
  await a.do('tcp c 4')
  await a.do(`connect c ${addressB} 7000`)
  await b.do('accept l s')
  await a.do('send c 10')
  await b.do('recv s 10')
  await b.do('send s 20')
  await a.do('recv c 20')
  dropInput(b, ['tcp dport 7000 drop'])
  await a.do('send c 100')
  await recording.until(() => recording.histories.length >= 3)
  recording.stop()
  const before = ['state SYN_SENT', 'state ESTABLISHED', 'send 10', 'receive 20', 'read 20', 'send 100']
  const rto = { trigger: 'rto', cause: 'retransmit rto', forgotten: 0 }
  assert.deepEqual(recording.histories.slice(0, 3).map(told), [
    { ...rto, events: [...before, 'retransmit tlp', 'retransmit rto'] },
    { ...rto, events: ['retransmit rto'] },
    { ...rto, events: ['retransmit rto'] },
  ])
  const [first, second] = recording.histories.map(({ cause }) => cause.durationNs ?? 0)
  assert.ok(first && second && Math.abs(second - 2 * first) <= 0.2 * second, `${first} ${second}`)
})

test('a retransmission timer that runs out: a send that goes on is told as such, and when it has ended', async () => {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  await b.do('listen l 0.0.0.0 7000 5')
  await a.do('tcp c 4')
  await a.do('option c sndbuf 20000')
  using recording = await histories(a, slowNs)
  await a.do(`connect c ${addressB} 7000`)
  await b.do('accept l s')
  await a.do('send c 10')
  await b.do('recv s 10')
  dropInput(b, ['tcp dport 7000 drop'])
  const sending = a.in('sender', 'send c 200000')
  await recording.until(() => recording.histories.length >= 2)
  inside(b, ['nft', 'delete', 'table', 'inet', 'lab'])
  await b.do('recv s 200000 waitall')
  await sending
  const result = recording.stop()
  // Whether the last segment is probed for depends on how much of the window was under way.
  const [first, ...later] = recording.histories
    .map(({ events, ...history }) => ({ ...history, events: events.filter(({ detail }) => detail !== 'tlp') }))
    .map(told) as { trigger: string; cause: string; events: string[] }[]
  const last = later.pop()
  const begin = ['state SYN_SENT', 'state ESTABLISHED', 'send 10', 'send under way']
  assert.deepEqual(first, {
    trigger: 'rto',
    cause: 'retransmit rto',
    events: [...begin, 'retransmit rto'],
    forgotten: 0,
  })
  for (const { cause, events } of later) assert.deepEqual([cause, events], ['retransmit rto', ['retransmit rto']])
  assert.deepEqual([last?.trigger, last?.cause], ['slow', 'send 200000'])
  assert.ok(last?.events.every((event) => event.startsWith('retransmit')))
  assert.ok(isBalanced(bookOf(result, 'history')))
})

test('nothing is told where nothing is slow and nothing fails', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await histories(host)
  const port = await connect(host)
  await host.do('ping-pong c s 1000')
  await host.do(`connect-many 127.0.0.1 ${port} 4`)
  await host.do('send c 10')
  await host.do('sleep 60')
  await host.do('recv s 10')
  await host.do('close c')
  await host.do('close s')
  const result = recording.stop()
  assert.deepEqual(recording.histories, [])
  assertDelivered(result, 0)
})

test('where histories are not kept, there is no book of them', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await Recording.connections(inNetns(host))
  await host.do('connect-many 127.0.0.1 9 1')
  const { books } = recording.stop()
  assert.deepEqual([recording.histories, books.map(({ signal }) => signal)], [[], ['connect', 'accept', 'close']])
})
