import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { dropInput, inside, setSysctl, twoHosts, type TwoHosts } from '../../lab/network.ts'
import type { DropEvent, PacketEvent, ResetEvent, RetransmitEvent } from '../../src/model/packet-event.ts'
import { assertSameRows } from '../same-rows.ts'
import { bookOf, inNetns, isBalanced, Recording } from './recording.ts'

function packets(...hosts: Actor[]): Promise<Recording> {
  return Recording.start({
    signals: ['connect', 'accept', 'close', 'retransmit', 'reset', 'drop'],
    filter: inNetns(...hosts),
    packetRows: true,
    aggregate: 'process',
  })
}

function ofKind<K extends PacketEvent['kind']>(recording: Recording, kind: K): Extract<PacketEvent, { kind: K }>[] {
  return recording.packets.filter((event): event is Extract<PacketEvent, { kind: K }> => event.kind === kind)
}

/** A connection from c on a to s on b. */
async function connect({ a, b, addressB }: TwoHosts): Promise<void> {
  await b.do('listen l 0.0.0.0 7000 5')
  await a.do('tcp c 4')
  await a.do(`connect c ${addressB} 7000`)
  await b.do('accept l s')
}

/** A is within 20 % of b: a timer's granularity is a jiffy, and it is longer by the round trip's variance. */
function isAbout(a: number, b: number): boolean {
  return Math.abs(a - b) <= 0.2 * b
}

test('lost SYNs: each retry with the timer that brought it', async () => {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  await b.do('listen l 0.0.0.0 7000 5')
  dropInput(b, ['tcp dport 7000 tcp flags & (syn|ack) == syn numgen inc mod 2 == 0 drop'])
  using recording = await packets(a)
  await a.do('tcp c 4')
  await a.do(`connect c ${addressB} 7000`)
  const result = recording.stop()
  const retransmits = ofKind(recording, 'retransmit')
  assert.deepEqual(
    retransmits.map(({ type, owner, socket }) => [type, owner?.pid, socket.peer.port]),
    [['syn', a.pid, 7000]],
  )
  assert.ok(isAbout(retransmits[0]?.stallNs ?? 0, 1e9))
  assert.equal(result.activities[0]?.counts.retransmits.syn, 1)
  assert.equal(result.activities[0]?.counts.stallNs, retransmits[0]?.stallNs)
  assert.ok(isBalanced(bookOf(result, 'retransmit')))
})

test('a lost SYN-ACK: sent again by the listener', async () => {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  await b.do('listen l 0.0.0.0 7000 5')
  // Every second: the SYN's own retry brings a second one, so that the first is lost alone.
  dropInput(a, ['tcp sport 7000 tcp flags & (syn|ack) == (syn|ack) numgen inc mod 8 < 3 drop'])
  using recording = await packets(b)
  await a.do('tcp c 4')
  await a.do(`connect c ${addressB} 7000`)
  recording.stop()
  const types = new Set(ofKind(recording, 'retransmit').map(({ type }) => type))
  assert.deepEqual([...types], ['syn-ack'])
  assert.deepEqual(ofKind(recording, 'retransmit')[0]?.socket.local.port, 7000)
})

test('lost data: a tail loss probe, then timers that double', async () => {
  await using hosts = await twoHosts()
  const { a, b } = hosts
  await connect(hosts)
  using recording = await packets(a)
  // Known from now on, as it was open at start.
  dropInput(b, ['tcp dport 7000 tcp flags & psh == psh drop'])
  await a.do('send c 100')
  await recording.until(() => ofKind(recording, 'retransmit').filter(({ type }) => type === 'rto').length >= 2)
  const result = recording.stop()
  const retransmits = ofKind(recording, 'retransmit')
  assert.deepEqual(
    retransmits.slice(0, 3).map(({ type }) => type),
    ['tlp', 'rto', 'rto'],
  )
  const [first, second] = retransmits.filter(({ type }) => type === 'rto') as [RetransmitEvent, RetransmitEvent]
  assert.ok(isAbout(first.stallNs, 204e6), String(first.stallNs))
  assert.ok(isAbout(second.stallNs, 2 * first.stallNs), String(second.stallNs))
  assert.ok(isAbout(second.timeNs - first.timeNs, second.stallNs))
  assert.deepEqual([first.owner?.pid, first.owner?.source], [a.pid, 'existing'])
  assert.ok((result.activities[0]?.counts.retransmits.rto ?? 0) >= 2)
})

test('a segment lost among others: a fast retransmit', async () => {
  await using hosts = await twoHosts()
  const { a, b } = hosts
  setSysctl(a, 'net.ipv4.tcp_congestion_control', 'reno')
  // No probes, and one segment a packet: else a whole window may be lost at once, and probed.
  setSysctl(a, 'net.ipv4.tcp_early_retrans', '0')
  inside(a, ['ip', 'link', 'set', 'cable', 'gso_max_segs', '1'])
  await connect(hosts)
  dropInput(b, ['tcp dport 7000 ip length > 1000 numgen inc mod 100000 == 1000 drop'])
  using recording = await packets(a)
  const reading = b.do('recv s 3000000 waitall')
  await a.do('send c 3000000')
  await reading
  recording.stop()
  // Now and then the sender takes more for lost than was.
  const told = ofKind(recording, 'retransmit').map(({ type, stallNs }) => `${type} ${stallNs}`)
  assert.deepEqual([...new Set(told)], ['fast 0'])
})

test('a refused connect: a reset is sent there and received here', async () => {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  using recording = await packets(a, b)
  await a.do('tcp c 4')
  await assert.rejects(a.do(`connect c ${addressB} 9`))
  const result = recording.stop()
  const told = (event: ResetEvent): unknown[] => [event.direction, event.socket.netns, event.socket.peer.port === 9]
  assertSameRows(ofKind(recording, 'reset').map(told), [
    ['received', a.netns, true],
    ['sent', b.netns, false],
  ])
  assert.equal(result.activities.find(({ edge }) => edge.process?.pid === a.pid)?.counts.resetsReceived, 1)
})

test('a socket closed with unread data resets its connection: owned on both ends', async () => {
  await using hosts = await twoHosts()
  const { a, b } = hosts
  using recording = await packets(a, b)
  await connect(hosts)
  await a.do('send c 10')
  await b.do('poll s in 1000')
  await b.do('close s')
  await recording.until(() => ofKind(recording, 'reset').length >= 2)
  recording.stop()
  assertSameRows(
    ofKind(recording, 'reset').map(({ direction, owner }) => [direction, owner?.pid]),
    [
      ['received', a.pid],
      ['sent', b.pid],
    ],
  )
})

test("dropped packets have the kernel's own reason", async () => {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  dropInput(b, ['tcp dport 7001 drop'])
  using recording = await packets(a, b)
  await a.do('udp u 4')
  await a.do(`connect u ${addressB} 9`)
  await a.do('send u 10')
  await a.do('tcp n 4')
  await assert.rejects(a.do(`connect n ${addressB} 9`))
  await a.do('tcp c 4')
  await a.do('option c nonblock 1')
  await assert.rejects(a.do(`connect c ${addressB} 7001`))
  await recording.until(() => ofKind(recording, 'drop').some(({ reason }) => reason === 'NETFILTER_DROP'))
  recording.stop()
  const drops = ofKind(recording, 'drop')
  const reasons = (protocol: 'tcp' | 'udp', port: number): string[] =>
    drops
      .filter((drop: DropEvent) => drop.protocol === protocol && drop.socket.local.port === port)
      .map(({ reason }) => reason)
  assert.deepEqual(reasons('udp', 9), ['NO_SOCKET'])
  assert.deepEqual(reasons('tcp', 9), ['NO_SOCKET'])
  assert.deepEqual(reasons('tcp', 7001), ['NETFILTER_DROP'])
})
