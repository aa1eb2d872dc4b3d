import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { dropInput, inside, twoHosts } from '../../lab/network.ts'
import type { EdgeActivity } from '../../src/model/edge.ts'
import type { WatchResult } from '../../src/pipeline/watch.ts'
import { assertSpan, assertTook, inNetns, Recording } from './recording.ts'

function edges(...hosts: Actor[]): Promise<Recording> {
  return Recording.start({
    signals: ['connect', 'accept', 'close', 'pickup', 'send', 'udpPickup', 'udpSend', 'retransmit', 'reset'],
    filter: inNetns(...hosts),
    aggregate: 'edge',
  })
}

function of(result: WatchResult, pid: number, role: 'client' | 'server', port?: number): EdgeActivity {
  const found = result.activities.filter(
    ({ edge }) => edge.process?.pid === pid && edge.role === role && (port === undefined || edge.port === port),
  )
  assert.equal(found.length, 1, JSON.stringify(result.activities.map(({ edge }) => edge)))
  return found[0]!
}

for (const delayMs of [1, 5, 40, 200]) {
  test(`${delayMs} ms at each stage come out in that stage's histogram, at both ends`, async () => {
    await using host = await Actor.inNewNamespace()
    await using peer = await Actor.beside(host)
    using recording = await edges(host)
    const { value: port } = await host.do('listen l 127.0.0.1 0 5')
    await peer.do('tcp c 4')
    const connected = await peer.do(`connect c 127.0.0.1 ${port}`)
    await host.do(`sleep ${delayMs}`)
    const accepted = await host.do('accept l s')
    const sent = await peer.do('send c 100')
    await host.do(`sleep ${delayMs}`)
    const read = await host.do('recv s 100')
    await host.do('send s 200')
    await peer.do(`sleep ${delayMs}`)
    await peer.do('recv c 200')
    const result = recording.stop()
    const server = of(result, host.pid, 'server', port)
    const client = of(result, peer.pid, 'client', port)
    assert.deepEqual(server.edge, {
      process: server.edge.process,
      protocol: 'tcp',
      role: 'server',
      peerAddress: '127.0.0.1',
      port,
      netns: host.netns,
    })
    assert.deepEqual([server.edge.process?.comm, client.edge.process?.comm], ['actor', 'actor'])
    assert.deepEqual([client.edge.peerAddress, client.edge.port], ['127.0.0.1', port])
    const counts = ({ stages }: EdgeActivity): number[] => Object.values(stages).map(({ count }) => count)
    assert.deepEqual(counts(server), [1, 1, 1, 1])
    assert.deepEqual(counts(client), [1, 0, 1, 1])
    assertSpan(server.stages.acceptQueue.maxNs, connected, accepted)
    assertSpan(server.stages.pickup.maxNs, sent, read)
    assertSpan(client.stages.handshake.maxNs, connected, connected)
    assert.deepEqual([server.counts.sentBytes, client.counts.sentBytes], [200, 100])
  })
}

test('a handshake over a slow path, and one whose SYN is lost', async () => {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  await b.do('listen l 0.0.0.0 7000 5')
  using recording = await edges(a)
  // 25 datagrams of 1,042 bytes are before the SYN in a queue that lets 1 Mbit/s through: some 200 ms.
  inside(a, 'tc qdisc add dev cable root tbf rate 1mbit burst 1600 latency 2s'.split(' '))
  await b.do('udp w 4')
  await b.do('bind w 0.0.0.0 9')
  await a.do('udp u 4')
  await a.do(`connect u ${addressB} 9`)
  await a.do('sendmmsg u 25 1000')
  await a.do('tcp c 4')
  const shaped = await a.do(`connect c ${addressB} 7000`)
  dropInput(b, ['tcp dport 7001 tcp flags & (syn|ack) == syn numgen inc mod 2 == 0 drop'])
  await b.do('listen m 0.0.0.0 7001 5')
  await a.do('tcp d 4')
  const lost = await a.do(`connect d ${addressB} 7001`)
  const result = recording.stop()
  assert.ok(shaped.endNs - shaped.startNs > 100e6)
  assertTook(of(result, a.pid, 'client', 7000).stages.handshake.maxNs, shaped)
  const retried = of(result, a.pid, 'client', 7001)
  assertTook(retried.stages.handshake.maxNs, lost)
  assert.equal(retried.counts.retransmits.syn, 1)
  assert.ok(Math.abs(retried.counts.stallNs - 1e9) < 50e6)
})

test('an existing connection has its role by the listener that was there', async () => {
  await using host = await Actor.inNewNamespace()
  await host.do('listen l 127.0.0.1 50051 5')
  await host.do('tcp c 4')
  // The lower port is the client's here: only the listener tells who is the service.
  await host.do('bind c 127.0.0.1 1024')
  await host.do('connect c 127.0.0.1 50051')
  await host.do('accept l s')
  using recording = await edges(host)
  await host.do('ping-pong c s 1')
  const result = recording.stop()
  const told = result.activities.map(({ edge }) => [edge.role, edge.port])
  assert.ok(
    told.some(([role, port]) => role === 'server' && port === 50_051),
    JSON.stringify(told),
  )
})

test('failures, EAGAIN and bytes are counted at their edge; another process is another edge', async () => {
  await using host = await Actor.inNewNamespace()
  await using other = await Actor.beside(host)
  using recording = await edges(host)
  for (const actor of [host, other]) await actor.do('connect-many 127.0.0.1 9 3')
  const result = recording.stop()
  assert.deepEqual(
    [host, other].map((actor) => of(result, actor.pid, 'client', 9).counts.failures),
    [3, 3],
  )
  assert.deepEqual(
    [host, other].map((actor) => of(result, actor.pid, 'client', 9).counts.resetsReceived),
    [3, 3],
  )
})

test('more edges than the table holds: the rest counts as their process, and nothing is lost', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await edges(host)
  const edgesHeld = 2048
  const peers = edgesHeld + 100
  for (let i = 0; i < peers; i++) {
    // A socket for each peer, as a socket remembers its edge.
    await host.do('udp u 4')
    await host.do(`connect u 127.0.${Math.floor(i / 250)}.${1 + (i % 250)} 9`)
    await host.do('send u 1').catch(() => undefined)
    await host.do('close u')
  }
  const result = recording.stop()
  const own = result.activities.filter(({ edge, stages }) => edge.process?.pid === host.pid && stages.send.count > 0)
  assert.equal(
    own.reduce((sum, { stages }) => sum + stages.send.count, 0),
    peers,
  )
  const folded = own.filter(({ edge }) => edge.role === 'any')
  assert.equal(folded.length, 1)
  assert.equal(own.length, edgesHeld + 1 - (result.activities.length - own.length))
})

test('what the filters leave out is counted at no edge', async () => {
  await using host = await Actor.inNewNamespace()
  await using other = await Actor.inNewNamespace()
  using recording = await edges(host)
  const { value: port } = await other.do('listen l 127.0.0.1 0 5')
  await other.do('tcp c 4')
  await other.do(`connect c 127.0.0.1 ${port}`)
  await other.do('accept l s')
  await other.do('ping-pong c s 3')
  await other.do('connect-many 127.0.0.1 9 3')
  await other.do('tcp n 4')
  await assert.rejects(other.do('connect n 10.99.0.1 80'))
  await other.do('close s')
  assert.deepEqual(recording.stop().activities, [])
})

test('who is busy when the watch begins has an entry of its own from the first message on', async () => {
  await using host = await Actor.inNewNamespace()
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  host.in('busy', 'repeat 0 ping-pong c s 100').catch(() => undefined)
  for (let i = 0; i < 5; i++) {
    using recording = await edges(host)
    const { activities } = recording.stop()
    assert.ok(activities.some(({ stages }) => stages.send.count > 0))
    assert.deepEqual(
      activities.filter(({ edge }) => edge.process?.pid !== host.pid),
      [],
    )
  }
})
