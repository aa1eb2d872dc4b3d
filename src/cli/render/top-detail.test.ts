import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textWidth } from '../../lib/text-width.ts'
import { serviceAlone } from '../../model/container.ts'
import type { SlowSample } from '../../model/slow-sample.ts'
import { noActivity } from '../../track/edge-activity.ts'
import { topRows } from '../../track/top-rows.ts'
import { coloredStyles, noStyles, withoutStyles } from './styles.ts'
import { topDetail, type TopDetail } from './top-detail.ts'
import type { TopScreenFacts } from './top-screen.ts'

const facts: TopScreenFacts = {
  columns: 80,
  lines: 20,
  styles: noStyles,
  clock: '03:17:00',
  windowNs: 10e9,
  spanNs: 10e9,
  slowNs: 5e6,
  lostEvents: 0,
  cpuShare: 0.01,
  notice: undefined,
}

const activity = noActivity({
  process: { pid: 4711, startNs: 1, comm: 'redis', identity: serviceAlone('cache') },
  protocol: 'tcp',
  role: 'server',
  peerAddress: '10.0.0.1',
  port: 6379,
  netns: 1,
})
for (const ms of [1.1, 1.1, 1.1, 1.4, 7.5]) activity.stages.pickup.record(ms * 1e6)
Object.assign(activity.counts, {
  sentBytes: 1_234_000,
  sendBlockedNs: 3e6,
  stallNs: 204e6,
  failures: 1,
  resetsReceived: 2,
})
activity.counts.retransmits.rto = 1
activity.rttUs = 87
activity.minRttUs = 40

/** Local midnight and so many milliseconds. */
function unixNs(timeNs: number): bigint {
  return BigInt(new Date(2026, 0, 1).getTime()) * 1_000_000n + BigInt(timeNs)
}

function sample(timeMs: number, more: Partial<SlowSample> = {}): SlowSample {
  return {
    timeNs: timeMs * 1e6,
    what: 'pickup',
    latencyNs: 7.5e6,
    isLowerBound: false,
    protocol: 'tcp',
    socket: {
      local: { address: '10.0.0.9', port: 6379 },
      peer: { address: '10.0.0.1', port: 51_234 },
      ipVersion: 4,
      netns: 1,
    },
    task: { pid: 4711, tid: 4712, uid: 0, comm: 'io\n', processStartNs: 1 },
    detail: '',
    ...more,
  }
}

function detail(more: Partial<TopDetail> = {}): TopDetail {
  const row = topRows([activity], 'edge')[0]!
  return { row, stage: 'pickup', isPaused: false, samples: [], firstLine: 0, unixNs, ...more }
}

test('a screen of 80 columns: stages, a histogram, the last slow samples', () => {
  const samples = [
    sample(3000, { what: 'retransmit', latencyNs: 204e6, detail: 'rto' }),
    sample(2000),
    sample(1000, { isLowerBound: true, protocol: 'udp' }),
  ]
  assert.deepEqual(topDetail(detail({ samples }), facts), [
    'redis, pid 4711, from 10.0.0.1 on 6379                       last 10 s, 03:17:00',
    '3 slow | 0 lost | agent CPU 1.0 %',
    'sent 1.23 MB (3.000 ms blocked), retransmits 1 (204.0 ms of timers), failures 1,',
    '  resets 0/2, RTT 0.087 ms, least RTT 0.040 ms',
    '  ms          COUNT      /S     P50     P95     P99     MAX',
    '  handshake       0       0       -       -       -       -',
    '  accept          0       0       -       -       -       -',
    '  send            0       0       -       -       -       -',
    '> pickup          5    0.50   1.114   7.500   7.500   7.500',
    'pickup: count of each span of ms',
    ' 1.049 -  2.097  4 █████████████████████████████████████████████████████████████',
    ' 2.097 -  4.194  0',
    ' 4.194 -  8.389  1 ███████████████▎',
    'last over 5 ms, or failed: time, what, ms, local - peer, detail, thread',
    '00:00:03.000 retransmit   204.000 10.0.0.9:6379 - 10.0.0.1:51234 rto io\\x0a 4712',
    '00:00:02.000 pickup         7.500 10.0.0.9:6379 - 10.0.0.1:51234 io\\x0a 4712',
    '00:00:01.000 pickup        >7.500 10.0.0.9:6379 - 10.0.0.1:51234 udp io\\x0a 4712',
    '',
    '',
    'Esc back  ←→ stage  ↑↓ samples  Space pause  ? help',
  ])
})

test('a tuple that does not fit goes on in the next line, whole', () => {
  const socket = {
    local: { address: '2001:db8:1234:5678:9abc:def0:1234:5678', port: 65_535 },
    peer: { address: '2001:db8:1234:5678:9abc:def0:1234:9999', port: 65_535 },
    ipVersion: 6,
    netns: 1,
  } as const
  assert.deepEqual(topDetail(detail({ samples: [sample(1000, { socket })] }), facts).slice(14, 17), [
    '00:00:01.000 pickup         7.500',
    '  [2001:db8:1234:5678:9abc:def0:1234:5678]:65535 -',
    '  [2001:db8:1234:5678:9abc:def0:1234:9999]:65535 io\\x0a 4712',
  ])
})

test('the thread is named where it is another than the process that the row is of', () => {
  const thread = (comm: string, tid: number): string | undefined =>
    topDetail(
      detail({ samples: [sample(1000, { task: { pid: 4711, tid, uid: 0, comm, processStartNs: 1 } })] }),
      facts,
    )[14]
      ?.slice(65)
      .trim()
  assert.deepEqual([thread('redis', 4711), thread('redis', 4712), thread('io', 4712)], ['', 'thread 4712', 'io 4712'])
})

test('samples that do not fit are reached by scrolling, to the last and no further', () => {
  const samples = Array.from({ length: 50 }, (_, i) => sample(50_000 - i * 1000))
  const shown = (firstLine: number): string[] =>
    topDetail(detail({ samples, firstLine }), facts)
      .slice(14, 19)
      .map((line) => line.slice(6, 8))
  assert.deepEqual(shown(0), ['50', '49', '48', '47', '46'])
  assert.deepEqual(shown(3), ['47', '46', '45', '44', '43'])
  assert.deepEqual(shown(999), ['05', '04', '03', '02', '01'])
})

test('a stage without samples says so', () => {
  assert.equal(topDetail(detail({ stage: 'send' }), facts)[10], 'no send in this time')
})

test('no line is longer than any screen, and there are as many as it has', () => {
  const samples = Array.from({ length: 50 }, (_, i) => sample(i))
  for (let columns = 20; columns <= 140; columns += 3) {
    for (const lines of [24, 60]) {
      const drawn = topDetail(detail({ samples }), { ...facts, columns, lines, styles: coloredStyles })
      assert.ok(
        drawn.every((line) => textWidth(withoutStyles(line)) <= columns),
        drawn.join('\n'),
      )
      assert.equal(drawn.length, lines)
    }
  }
})
