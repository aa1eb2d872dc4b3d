import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { parseCommChoice, parseNetworkChoice, parseNumberChoice, type Filter } from '../../src/model/filter.ts'
import { bookOf, inNetns, isBalanced, Recording } from './recording.ts'

const ports = { low: 0, high: 65_535 }
const pids = { low: 1, high: 4_194_304 }

/** Two connections, to 127.0.0.1:8001 from one actor and to [::1]:8002 from another; then all closed. */
async function traffic(one: Actor, two: Actor): Promise<void> {
  await one.do('listen l1 127.0.0.1 8001 5')
  await two.do('listen l2 ::1 8002 5')
  for (const [actor, family, address, port, listener] of [
    [one, 4, '127.0.0.1', 8001, 'l1'],
    [two, 6, '::1', 8002, 'l2'],
  ] as const) {
    await actor.do(`tcp c ${family}`)
    await actor.do(`connect c ${address} ${port}`)
    await actor.do(`accept ${listener} s`)
    await actor.do('send c 10')
    await actor.do('recv s 10')
    await actor.do('close c')
    await actor.do('close s')
  }
}

interface FilterCase {
  name: string
  filter: (one: Actor, two: Actor) => Filter
  /** Rows by port: connect, accept and two closes make 4. */
  rows: { 8001: number; 8002: number }
  /** Reads by port: one each. */
  reads: { 8001: number; 8002: number }
}

const only8001 = { rows: { 8001: 4, 8002: 0 }, reads: { 8001: 1, 8002: 0 } }
const only8002 = { rows: { 8001: 0, 8002: 4 }, reads: { 8001: 0, 8002: 1 } }
const both = { rows: { 8001: 4, 8002: 4 }, reads: { 8001: 1, 8002: 1 } }

const cases: FilterCase[] = [
  { name: 'none', filter: () => ({}), ...both },
  { name: 'a port', filter: () => ({ port: parseNumberChoice('8001', ports) }), ...only8001 },
  { name: 'a port excluded', filter: () => ({ port: parseNumberChoice('!8001', ports) }), ...only8002 },
  { name: 'a range of ports', filter: () => ({ port: parseNumberChoice('7000,8000-8999', ports) }), ...both },
  { name: 'a range but one', filter: () => ({ port: parseNumberChoice('8000-8999,!8002', ports) }), ...only8001 },
  {
    name: 'a local port: the server side alone',
    filter: () => ({ localPort: parseNumberChoice('8001', ports) }),
    rows: { 8001: 2, 8002: 0 },
    reads: { 8001: 1, 8002: 0 },
  },
  {
    name: 'a remote port: the client side alone',
    filter: () => ({ peerPort: parseNumberChoice('8002', ports) }),
    rows: { 8001: 0, 8002: 2 },
    reads: { 8001: 0, 8002: 0 },
  },
  { name: 'a process', filter: (one) => ({ pid: parseNumberChoice(String(one.pid), pids) }), ...only8001 },
  { name: 'a process excluded', filter: (one) => ({ pid: parseNumberChoice(`!${one.pid}`, pids) }), ...only8002 },
  { name: 'a thread', filter: (_, two) => ({ tid: parseNumberChoice(String(two.pid), pids) }), ...only8002 },
  { name: 'IPv4', filter: () => ({ ipVersion: 4 }), ...only8001 },
  { name: 'IPv6', filter: () => ({ ipVersion: 6 }), ...only8002 },
  { name: 'a peer network', filter: () => ({ peer: parseNetworkChoice('127.0.0.0/8') }), ...only8001 },
  { name: 'a peer network excluded', filter: () => ({ peer: parseNetworkChoice('!127.0.0.0/8') }), ...only8002 },
  { name: 'a host', filter: () => ({ host: parseNetworkChoice('::1') }), ...only8002 },
  { name: 'a comm', filter: () => ({ comm: parseCommChoice('one') }), ...only8001 },
  { name: 'the start of a comm', filter: () => ({ comm: parseCommChoice('tw*') }), ...only8002 },
  {
    name: 'a comm is compared whole',
    filter: () => ({ comm: parseCommChoice('tw') }),
    rows: { 8001: 0, 8002: 0 },
    reads: { 8001: 0, 8002: 0 },
  },
  { name: 'a comm excluded', filter: () => ({ comm: parseCommChoice('!two') }), ...only8001 },
  { name: 'a user', filter: () => ({ uid: parseNumberChoice('0', ports) }), ...both },
  {
    name: 'another user',
    filter: () => ({ uid: parseNumberChoice('!0', ports) }),
    rows: { 8001: 0, 8002: 0 },
    reads: { 8001: 0, 8002: 0 },
  },
]

for (const { name, filter, rows, reads } of cases) {
  test(`filter: ${name}`, async () => {
    await using one = await Actor.inNewNamespace()
    await using two = await Actor.beside(one)
    await one.do(`comm ${Buffer.from('one').toString('hex')}`)
    await two.do(`comm ${Buffer.from('two').toString('hex')}`)
    using recording = await Recording.start({
      signals: ['connect', 'accept', 'close', 'pickup'],
      filter: { ...inNetns(one), ...filter(one, two) },
      pickupRows: { overNs: 0 },
    })
    await traffic(one, two)
    const result = recording.stop()
    const at = (
      port: number,
      events: readonly { socket: { local: { port: number }; peer: { port: number } } }[],
    ): number => events.filter(({ socket }) => socket.local.port === port || socket.peer.port === port).length
    assert.deepEqual({ 8001: at(8001, recording.connections), 8002: at(8002, recording.connections) }, rows)
    assert.deepEqual({ 8001: at(8001, recording.pickups), 8002: at(8002, recording.pickups) }, reads)
    assert.equal(recording.connections.length, rows[8001] + rows[8002])
    for (const book of result.books) assert.ok(isBalanced(book), JSON.stringify(book))
    const passed = recording.connections.length
    const seen = ['connect', 'accept', 'close'].map((signal) => bookOf(result, signal as 'connect'))
    assert.equal(
      seen.reduce((sum, book) => sum + book.delivered, 0),
      passed,
    )
  })
}

test('every filter at its fullest still loads, and passes what it should', async () => {
  await using host = await Actor.inNewNamespace()
  const numbers = (last: number): Filter['port'] =>
    parseNumberChoice([...Array.from({ length: 31 }, (_, i) => `${i + 1}`), last].join(','), pids)
  const networks = parseNetworkChoice(
    [...Array.from({ length: 15 }, (_, i) => `10.${i}.0.0/16`), '127.0.0.1'].join(','),
  )
  using recording = await Recording.start({
    signals: ['connect', 'accept', 'close', 'pickup', 'command'],
    pickupRows: { overNs: 0 },
    aggregate: 'process',
    slowNs: 1,
    filter: {
      pid: numbers(host.pid)!,
      tid: numbers(host.pid)!,
      uid: parseNumberChoice([...Array.from({ length: 31 }, (_, i) => `${i + 1}`), 0].join(','), ports),
      netns: {
        include: [
          ...Array.from({ length: 31 }, (_, i) => ({ low: i, high: i })),
          { low: host.netns, high: host.netns },
        ],
        exclude: [],
      },
      port: parseNumberChoice([...Array.from({ length: 31 }, (_, i) => `${i + 1}`), 8001].join(','), ports),
      localPort: parseNumberChoice([...Array.from({ length: 31 }, (_, i) => `${i + 1}`), '1-65535'].join(','), ports),
      peerPort: parseNumberChoice([...Array.from({ length: 31 }, (_, i) => `${i + 1}`), '1-65535'].join(','), ports),
      host: networks,
      peer: networks,
      comm: parseCommChoice([...Array.from({ length: 15 }, (_, i) => `none${i}`), 'act*'].join(',')),
    },
  })
  await host.do('listen l 127.0.0.1 8001 5')
  await host.do('tcp c 4')
  await host.do('connect c 127.0.0.1 8001')
  await host.do('accept l s')
  await host.do('close c')
  await host.do('close s')
  recording.stop()
  assert.deepEqual(recording.connections.map(({ kind }) => kind).toSorted(), ['accept', 'close', 'close', 'connect'])
})
