import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namespaceFacts, tcpMemoryFacts, type NamespaceTexts } from './namespace-facts.ts'

const texts: NamespaceTexts = {
  snmp: 'Tcp: OutSegs RetransSegs\nTcp: 100 3\n',
  netstat: 'TcpExt: ListenOverflows ListenDrops\nTcpExt: 1 2\n',
  sockstat: 'TCP: inuse 3 orphan 1 tw 2 alloc 5 mem 7\n',
  sockstat6: 'TCP6: inuse 1\n',
  portRange: '32768\t60999\n',
  reservedPorts: '40000\n',
  tcpMaxSynBacklog: '512\n',
  tcpMaxTwBuckets: '8192\n',
  syncookies: '1\n',
  somaxconn: '4096\n',
  conntrackCount: '5\n',
  conntrackMax: '262144\n',
  tcpMem: '287901\t383869\t575802\n',
  maxOrphans: '131072\n',
}

test('the facts of a namespace', () => {
  const facts = namespaceFacts(4711, texts, undefined)
  assert.ok(facts)
  const { tcp, ...others } = facts
  assert.deepEqual([tcp.outSegs, tcp.retransSegs, tcp.listenOverflows, tcp.listenDrops], [100, 3, 1, 2])
  assert.deepEqual(others, {
    netns: 4711,
    conntrack: { count: 5, max: 262_144, counters: undefined },
    sockstat: { inuse: 4, timeWait: 2 },
    portRange: { low: 32_768, high: 60_999, reserved: 1 },
    tcpMaxSynBacklog: 512,
    somaxconn: 4096,
    tcpMaxTwBuckets: 8192,
    syncookies: 'overflow',
  })
})

test('what a kernel may be without', () => {
  const without = { ...texts, conntrackCount: undefined, syncookies: undefined, sockstat6: undefined }
  const facts = namespaceFacts(1, without, undefined)
  assert.deepEqual([facts?.conntrack, facts?.syncookies, facts?.sockstat.inuse], [undefined, undefined, 3])
  assert.equal(namespaceFacts(1, { ...texts, syncookies: '7\n' }, undefined)?.syncookies, undefined)
})

test('a namespace that is gone has no facts', () => {
  for (const name of ['snmp', 'netstat', 'sockstat', 'portRange', 'tcpMaxSynBacklog', 'somaxconn'] as const) {
    assert.equal(namespaceFacts(1, { ...texts, [name]: undefined }, undefined), undefined)
    assert.equal(namespaceFacts(1, { ...texts, [name]: 'x\n' }, undefined), undefined)
  }
})

test("TCP's memory, which only the host's own namespace shows", () => {
  assert.deepEqual(tcpMemoryFacts(texts), {
    pages: 7,
    lowPages: 287_901,
    pressurePages: 383_869,
    maxPages: 575_802,
    sockets: 5,
    orphans: 1,
    maxOrphans: 131_072,
  })
  for (const change of [{ tcpMem: undefined }, { tcpMem: '1 2\n' }, { maxOrphans: undefined }, { sockstat: '' }])
    assert.equal(tcpMemoryFacts({ ...texts, ...change }), undefined)
})
