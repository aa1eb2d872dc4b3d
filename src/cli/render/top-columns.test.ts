import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textWidth } from '../../lib/text-width.ts'
import { serviceAlone } from '../../model/container.ts'
import type { Edge } from '../../model/edge.ts'
import type { Link } from '../../model/link.ts'
import { topGroupings, type TopColumnName, type TopGrouping, type TopRow } from '../../model/top-row.ts'
import { noActivity } from '../../track/edge-activity.ts'
import { topRows } from '../../track/top-rows.ts'
import { coloredStyles, colorlessStyles, noStyles, withoutStyles } from './styles.ts'
import { fitColumns, topColumns, topHeader, topLine, usefulColumns } from './top-columns.ts'

const edge: Edge = {
  process: { pid: 4711, startNs: 1, comm: 'redis-server' },
  protocol: 'tcp',
  role: 'server',
  peerAddress: '192.168.100.200',
  port: 6379,
  netns: 1,
}

const link: Link = {
  key: 'web -> cache',
  clients: [{ key: 'web', container: undefined, service: 'web' }],
  server: { key: 'cache', container: undefined, service: 'cache' },
  port: 6379,
  via: undefined,
}

function rowOf(grouping: TopGrouping, of: Partial<Edge> = {}): TopRow {
  const activity = noActivity({ ...edge, ...of })
  if (activity.edge.process) activity.edge.process.identity = serviceAlone('cache')
  for (let i = 0; i < 100; i++) activity.stages.pickup.record(40e3)
  activity.stages.acceptQueue.record(60e6)
  activity.stages.send.record(7e6)
  Object.assign(activity.counts, { sentBytes: 1_234_000, failures: 3, resetsSent: 1, resetsReceived: 12_000, drops: 2 })
  activity.counts.retransmits.rto = 5
  activity.rttUs = 87
  return topRows([activity], grouping, () => ({ link, side: 'client' }))[0]!
}

const facts = { spanNs: 10e9, slowNs: 5e6, styles: noStyles }

function table(grouping: TopGrouping, width: number, kept?: TopColumnName): string[] {
  const fitted = fitColumns(usefulColumns(grouping, []), width, kept)
  return [topHeader(fitted, undefined, noStyles), topLine(fitted, rowOf(grouping), facts)]
}

test('processes at 120, 80 and 40 columns', () => {
  assert.deepEqual(
    [120, 80, 40].map((width) => table('process', width)),
    [
      [
        '    PID COMM            SERVICE        HSHAKE  HS/S ACCEPT ACC/S   SEND SEND/S PICKUP PICK/S RETR FAIL  RST DROP  SENT/S',
        '   4711 redis-server    cache               -     0  60.00  0.10  7.000   0.10  0.039   10.0    5    3  12k    2  123 kB',
      ],
      [
        '    PID COMM         HSHAKE ACCEPT   SEND SEND/S PICKUP PICK/S RETR FAIL  SENT/S',
        '   4711 redis-server      -  60.00  7.000   0.10  0.039   10.0    5    3  123 kB',
      ],
      ['COMM         HSHAKE ACCEPT   SEND PICKUP', 'redis-server      -  60.00  7.000  0.039'],
    ],
  )
})

test('services at 120, 80 and 40 columns', () => {
  assert.deepEqual(
    [120, 80, 40].map((width) => table('service', width)),
    [
      [
        'SERVICE                          PROCS HSHAKE  HS/S ACCEPT ACC/S   SEND SEND/S PICKUP PICK/S RETR FAIL  RST DROP  SENT/S',
        'cache                                1      -     0  60.00  0.10  7.000   0.10  0.039   10.0    5    3  12k    2  123 kB',
      ],
      [
        'SERVICE    HSHAKE ACCEPT   SEND SEND/S PICKUP PICK/S RETR FAIL  RST DROP  SENT/S',
        'cache           -  60.00  7.000   0.10  0.039   10.0    5    3  12k    2  123 kB',
      ],
      ['SERVICE      HSHAKE ACCEPT   SEND PICKUP', 'cache             -  60.00  7.000  0.039'],
    ],
  )
})

test('edges at 120, 80 and 40 columns: what is too long is cut so that the port stays', () => {
  assert.deepEqual(
    [120, 80, 40].map((width) => table('edge', width)),
    [
      [
        '    PID COMM      PEER                      HSHAKE ACCEPT   SEND SEND/S PICKUP PICK/S RETR FAIL  RST DROP  SENT/S    RTT',
        '   4711 redis-se… from 192.16…0.200 on 6379      -  60.00  7.000   0.10  0.039   10.0    5    3  12k    2  123 kB  0.087',
      ],
      [
        'COMM      PEER                      HSHAKE ACCEPT   SEND PICKUP RETR FAIL    RTT',
        'redis-se… from 192.16…0.200 on 6379      -  60.00  7.000  0.039    5    3  0.087',
      ],
      ['COMM     PEER                       SEND', 'redis-s… from 192.16….200 on 6379  7.000'],
    ],
  )
})

test('the sort column stays whatever its rank', () => {
  assert.deepEqual(table('process', 40, 'drops'), [
    'COMM           HSHAKE   SEND PICKUP DROP',
    'redis-server        -  7.000  0.039    2',
  ])
})

test('no line is longer than the screen, whatever its width, with a comm of wide characters', () => {
  for (const grouping of topGroupings) {
    const row = rowOf(grouping, {
      process: { pid: 4_194_304, startNs: 1, comm: '日本語日本' },
      peerAddress: '2001:db8:1234:5678:9abc:def0:1234:5678',
    })
    for (let width = 1; width <= 200; width++) {
      const fitted = fitColumns(usefulColumns(grouping, []), width, 'rtt')
      const widths = [topHeader(fitted, 'pickup', noStyles), topLine(fitted, row, facts)].map((line) => textWidth(line))
      assert.ok(Math.max(...widths) <= Math.max(width, 2 * fitted.length), `${grouping} ${width}: ${widths.join()}`)
      assert.equal(widths[0], widths[1])
    }
  }
})

test('control characters of a comm are not written', () => {
  const fitted = fitColumns(usefulColumns('process', []), 80)
  const line = topLine(fitted, rowOf('process', { process: { pid: 1, startNs: 1, comm: '\u001b[2J\r\n' } }), facts)
  assert.ok(line.startsWith('      1 \\x1b[2J\\x0d…'), line)
})

test('a p95 over the threshold is yellow, over ten times of it red; without colours the same text', () => {
  const fitted = fitColumns(usefulColumns('process', []), 80)
  const colored = topLine(fitted, rowOf('process'), { ...facts, styles: coloredStyles })
  assert.ok(colored.includes('\u001b[31m 60.00\u001b[39m \u001b[33m 7.000\u001b[39m   0.10  0.039 '), colored)
  assert.equal(withoutStyles(colored), table('process', 80)[1])
  assert.equal(topLine(fitted, rowOf('process'), { ...facts, styles: colorlessStyles }), table('process', 80)[1])
})

test('for a program: every column, all digits', () => {
  const fields = (grouping: TopGrouping): string[] =>
    topColumns(grouping).map(({ fieldTitle, field }) => `${fieldTitle}=${field(rowOf(grouping), 10e9)}`)
  assert.deepEqual(fields('edge'), [
    'PID=4711',
    'COMM=redis-server',
    'CONTAINER=-',
    'SERVICE=cache',
    'PEER=from 192.168.100.200 on 6379',
    'HANDSHAKE_P95_MS=-',
    'HANDSHAKES_PER_S=0.000',
    'ACCEPT_P95_MS=60.000',
    'ACCEPTS_PER_S=0.100',
    'SEND_P95_MS=7.000',
    'SENDS_PER_S=0.100',
    'PICKUP_P95_MS=0.039',
    'PICKUPS_PER_S=10.000',
    'RETRANSMITS=5',
    'FAILURES=3',
    'RESETS=12001',
    'DROPS=2',
    'SENT_BYTES_PER_S=123400',
    'RTT_MS=0.087',
  ])
  assert.deepEqual(fields('process').slice(0, 5), [
    'PID=4711',
    'COMM=redis-server',
    'CONTAINER=-',
    'SERVICE=cache',
    'HANDSHAKE_P95_MS=-',
  ])
  assert.deepEqual(fields('service').slice(0, 3), ['SERVICE=cache', 'PROCESSES=1', 'HANDSHAKE_P95_MS=-'])
})

test('links at 120, 80 and 40 columns', () => {
  const row = rowOf('link')
  row.link?.server.stages.pickup.record(3e6)
  const shown = [120, 80, 40].map((width) => {
    const fitted = fitColumns(usefulColumns('link', [row]), width)
    return [topHeader(fitted, undefined, noStyles), topLine(fitted, row, facts)]
  })
  assert.deepEqual(shown, [
    [
      'LINK                                          HSHAKE ACCEPT C-SEND S-PICK S-SEND C-PICK CLI%  HS/S SEND/S RETR FAIL  RST',
      'web → cache:6379                                   -  60.00  7.000  3.000      -  0.039   15     0   0.10    5    3  12k',
    ],
    [
      'LINK                    HSHAKE ACCEPT C-SEND S-PICK S-SEND C-PICK CLI% RETR FAIL',
      'web → cache:6379             -  60.00  7.000  3.000      -  0.039   15    5    3',
    ],
    ['LINK                       S-PICK S-SEND', 'web → cache:6379            3.000      -'],
  ])
})
