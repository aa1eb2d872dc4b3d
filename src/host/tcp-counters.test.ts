import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSockets, parseTcpCounters, parseTcpSockstat } from './tcp-counters.ts'

const snmp =
  'Ip: Forwarding DefaultTTL InReceives\nIp: 2 64 158743035\n' +
  'IcmpMsg: InType3 OutType3\nIcmpMsg: 6 3\n' +
  'Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors\n' +
  'Tcp: 1 200 120000 -1 385486 384951 86 82 0 158742317 158723927 7 1 472 2\n' +
  'Udp: InDatagrams NoPorts\nUdp: 725 3\n'

function netstat(fields: Record<string, number>): string {
  const [names, values] = [Object.keys(fields), Object.values(fields)]
  return `TcpExt: ${names.join(' ')}\nTcpExt: ${values.join(' ')}\nIpExt: InNoRoutes ListenDrops\nIpExt: 0 99\n`
}

test('5.10: counters by name, wherever they stand; 0 for those that it has not', () => {
  const text = netstat({
    SyncookiesSent: 5,
    TWRecycled: 347_588,
    ListenOverflows: 3,
    ListenDrops: 4,
    TCPSynRetrans: 18,
  })
  const counters = parseTcpCounters(snmp, text)
  assert.ok(counters)
  assert.deepEqual(
    {
      activeOpens: 385_486,
      outSegs: 158_723_927,
      retransSegs: 7,
      inErrs: 1,
      inCsumErrors: 2,
      syncookiesSent: 5,
      tcpTwRecycled: 347_588,
      listenOverflows: 3,
      listenDrops: 4,
      tcpSynRetrans: 18,
      tcpTimeouts: 0,
    },
    Object.fromEntries(
      [
        'activeOpens',
        'outSegs',
        'retransSegs',
        'inErrs',
        'inCsumErrors',
        'syncookiesSent',
        'tcpTwRecycled',
        'listenOverflows',
        'listenDrops',
        'tcpSynRetrans',
        'tcpTimeouts',
      ].map((name) => [name, Reflect.get(counters, name) as number]),
    ),
  )
})

test('6.18: fields between the known ones move nothing, a large one stays exact', () => {
  const text = netstat({ BeyondWindow: 1, ListenDrops: 9_007_199_254_740_991, TSEcrRejected: 2, TCPAbortOnMemory: 6 })
  const counters = parseTcpCounters(snmp, text)
  assert.deepEqual([counters?.listenDrops, counters?.tcpAbortOnMemory], [Number.MAX_SAFE_INTEGER, 6])
})

test('a text that is cut off or has no TCP', () => {
  const good = netstat({ ListenDrops: 1 })
  assert.equal(parseTcpCounters('', good), undefined)
  assert.equal(parseTcpCounters(snmp, ''), undefined)
  assert.equal(parseTcpCounters(snmp, 'TcpExt: ListenDrops TW\nTcpExt: 1\n'), undefined)
  assert.equal(parseTcpCounters(snmp, 'TcpExt: ListenDrops\n'), undefined)
  assert.equal(parseTcpCounters(snmp.replace('158723927', ''), good)?.outSegs, 0)
})

const sockstat =
  'sockets: used 18\nTCP: inuse 3 orphan 1 tw 2 alloc 5 mem 7\nUDP: inuse 9 mem 9\nFRAG: inuse 0 memory 0\n'

test('sockets of both versions; IPv6 may be missing', () => {
  assert.deepEqual(parseTcpSockstat(sockstat), { inuse: 3, orphans: 1, timeWait: 2, sockets: 5, pages: 7 })
  assert.deepEqual(parseSockets(sockstat, 'TCP6: inuse 4\nUDP6: inuse 8\n'), { inuse: 7, timeWait: 2 })
  assert.deepEqual(parseSockets(sockstat, undefined), { inuse: 3, timeWait: 2 })
  assert.equal(parseSockets('TCP: inuse 3 orphan\n', 'TCP6: inuse 4\n'), undefined)
})
