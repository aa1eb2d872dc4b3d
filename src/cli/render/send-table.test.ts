import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogLinearHistogram } from '../../histogram/log-linear-histogram.ts'
import type { SendActivity } from '../../model/send-activity.ts'
import { sendTable } from './send-table.ts'

const histogram = new LogLinearHistogram()
histogram.record(200e6)

const row: SendActivity = {
  process: { pid: 812, startNs: 5, comm: 'worker' },
  service: 'nginx',
  protocol: 'tcp',
  processCount: 1,
  histogram,
  blockedNs: 150e6,
  bytes: 1_234_567,
  wouldBlocks: 3,
  zeroWindows: 1,
}

test('piped: every column', () => {
  const lines = sendTable([row], { grouping: 'process', isTerminal: false, hasUdp: false })
  assert.deepEqual(
    lines.map((line) => line.split('\t')),
    [
      'PID COMM SERVICE CONTAINER PROTO COUNT BYTES P50_MS P95_MS P99_MS MAX_MS BLOCKED_% EAGAIN'.split(' '),
      '812 worker nginx - tcp 1 1234567 192.938 192.938 192.938 200.000 75.0 3'.split(' '),
    ],
  )
})

test('by service', () => {
  const service = { ...row, process: undefined, processCount: 4 }
  const others = { ...row, process: undefined, service: undefined, processCount: 0 }
  const lines = sendTable([service, others], { grouping: 'service', isTerminal: false, hasUdp: true })
  assert.deepEqual(
    lines.map((line) => line.split('\t').slice(0, 4)),
    [
      ['SERVICE', 'PROCESSES', 'PROTO', 'COUNT'],
      ['nginx', '4', 'tcp', '1'],
      ['(others)', '-', 'tcp', '1'],
    ],
  )
})

test('on a terminal that is too narrow, the columns that matter least go first, then lines are cut', () => {
  const header = (width: number): string =>
    sendTable([row], { grouping: 'process', isTerminal: true, hasUdp: false, width })[0]?.replaceAll(/ +/g, ' ') ?? ''
  assert.equal(header(200), 'PID COMM SERVICE COUNT BYTES P50_MS P95_MS P99_MS MAX_MS BLOCKED_% EAGAIN')
  assert.equal(header(80), 'PID SERVICE COUNT BYTES P50_MS P95_MS P99_MS MAX_MS BLOCKED_%')
  assert.equal(header(60), 'PID SERVICE COUNT P50_MS P95_MS MAX_MS BLOCKED_%')
  assert.equal(header(50), 'PID SERVICE COUNT P95_MS MAX_MS BLOCKED_%')
  for (const line of sendTable([row], { grouping: 'process', isTerminal: true, hasUdp: true, width: 20 }))
    assert.ok(line.length <= 20)
})

test("a stranger's name cannot move the cursor", () => {
  const hostile = { ...row, service: '\u001b[2Jx\n', process: { pid: 1, startNs: 1, comm: '\t\r' } }
  const [, line] = sendTable([hostile], { grouping: 'process', isTerminal: false, hasUdp: false })
  assert.equal(line?.split('\t').slice(0, 3).join(' '), '1 \\x09\\x0d \\x1b[2Jx\\x0a')
})
