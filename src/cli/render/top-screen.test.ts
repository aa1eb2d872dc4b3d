import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textWidth } from '../../lib/text-width.ts'
import type { TopRow } from '../../model/top-row.ts'
import { noActivity } from '../../track/edge-activity.ts'
import { topRows } from '../../track/top-rows.ts'
import { arranged, firstState, type TopState } from '../top-state.ts'
import { coloredStyles, noStyles, withoutStyles } from './styles.ts'
import { keyHints, pageRowsOf, roundDuration, topHelp, topScreen, type TopScreenFacts } from './top-screen.ts'

const facts: TopScreenFacts = {
  columns: 80,
  lines: 9,
  styles: noStyles,
  clock: '03:17:00',
  windowNs: 10e9,
  spanNs: 10e9,
  slowNs: 5e6,
  lostEvents: 0,
  cpuShare: 0.0123,
  notice: undefined,
}

/** Processes 1, 2, 3 …, each with a pickup of as many milliseconds. */
function rowsOf(count: number): TopRow[] {
  const activities = Array.from({ length: count }, (_, i) => {
    const pid = i + 1
    const activity = noActivity({
      process: { pid, startNs: 1, comm: `process${pid}` },
      protocol: 'tcp',
      role: 'client',
      peerAddress: '10.0.0.1',
      port: 80,
      netns: 1,
    })
    activity.stages.pickup.record(pid * 1e6)
    return activity
  })
  return topRows(activities, 'process')
}

function screen(
  state: TopState,
  rows: readonly TopRow[],
  rowCount: number,
  more: Partial<TopScreenFacts> = {},
): string[] {
  const all = { ...facts, ...more }
  return topScreen(arranged(state, { rows, pageRows: pageRowsOf(all.lines) }), rows, rowCount, all)
}

const state = firstState('process', 'pickup')
const keys = 'q quit  ? help  e containers  s sort  / filter  Enter look into  Space pause'

test('a screen of 80 columns: title, status, rows, keys', () => {
  assert.deepEqual(screen(state, rowsOf(2), 2), [
    'processes by pickup p95 ▼                                    last 10 s, 03:17:00',
    '2 rows, 0 hidden | 0 lost | agent CPU 1.2 %',
    '    PID COMM         HSHAKE ACCEPT   SEND SEND/S PICKUP PICK/S RETR FAIL  SENT/S',
    '      1 process1          -      -      -      0  1.000   0.10    0    0     0 B',
    '      2 process2          -      -      -      0  2.000   0.10    0    0     0 B',
    '',
    '',
    '',
    keys,
  ])
})

test('what does not fit, what the filter hides and what was lost is said', () => {
  const chosen = { ...state, filter: 'proc', order: { column: 'pickups', isReversed: true } as const, isPaused: true }
  const lines = screen(chosen, rowsOf(7), 10, { lostEvents: 12, notice: 'UDP pickup: given up' })
  assert.deepEqual(lines.slice(0, 2), [
    'processes with "proc" by pickups ▲                    PAUSED last 10 s, 03:17:00',
    '10 rows, 5 hidden (3 by the filter) | 12 lost | agent CPU 1.2 % | UDP pickup: g…',
  ])
  assert.equal(lines.length, 9)
})

test('while a filter is typed it stands in place of the keys', () => {
  assert.equal(
    screen({ ...state, isTyping: true, filter: 'redis' }, [], 4).at(-1),
    '/redis    Enter keeps it, Esc clears it',
  )
})

test('an empty table says why', () => {
  assert.equal(screen(state, [], 0, { spanNs: 0 })[3], 'watching…')
  assert.equal(screen(state, [], 0)[3], 'nothing happened')
  assert.equal(screen({ ...state, filter: 'x' }, [], 4)[3], 'none has this text; Esc shows all')
})

test('the cursor is on its row, and the screen moves with it', () => {
  const shown = (selectedIndex: number, firstIndex: number): string[] =>
    screen({ ...state, selectedIndex, firstIndex }, rowsOf(12), 12, { styles: coloredStyles })
      .slice(3, 8)
      .map((line) => (line.startsWith('\u001b[7m') ? '>' : '') + withoutStyles(line).slice(8, 17).trim())
  assert.deepEqual(shown(0, 0), ['>process1', 'process2', 'process3', 'process4', 'process5'])
  assert.deepEqual(shown(6, 0), ['process3', 'process4', 'process5', 'process6', '>process7'])
  assert.deepEqual(shown(2, 5), ['>process3', 'process4', 'process5', 'process6', 'process7'])
  assert.deepEqual(shown(99, 0), ['process8', 'process9', 'process10', 'process11', '>process12'])
})

test('no line is longer than any screen, and there are as many as it has', () => {
  for (let columns = 20; columns <= 140; columns += 3) {
    for (const lines of [5, 10, 24]) {
      const all = { columns, lines, lostEvents: 7, notice: 'something', styles: coloredStyles }
      const typing = {
        ...state,
        isTyping: true,
        filter: 'a filter that is very long, longer than some screens are wide',
      }
      for (const drawn of [
        screen(state, rowsOf(30), 30, all),
        screen(typing, rowsOf(3), 30, all),
        topHelp({ ...facts, ...all }),
      ]) {
        assert.ok(
          drawn.every((line) => textWidth(withoutStyles(line)) <= columns),
          drawn.join('\n'),
        )
        assert.ok(drawn.length <= lines)
      }
    }
  }
})

test('help fits a screen of 80 columns and 24 lines', () => {
  const lines = topHelp({ ...facts, lines: 24 })
  assert.ok(
    lines.every((line) => !line.includes('…')),
    lines.join('\n'),
  )
  assert.equal(lines.at(-1), 'Any key goes back.')
  assert.ok(lines.includes('Yellow: a p95 over 5 ms (--slow); red: over ten times that.'))
})

test('keys are named as far as there is room', () => {
  const all: [string, string][] = [
    ['q', 'quit'],
    ['?', 'help'],
  ]
  assert.deepEqual(
    [14, 13, 6, 5].map((columns) => keyHints(all, { columns, styles: noStyles })),
    ['q quit  ? help', 'q quit', 'q quit', ''],
  )
})

test('durations without zeros behind the point', () => {
  assert.deepEqual(
    [10e9, 5e6, 1.5e9, 100e6, 0.25e6, 60e9].map((ns) => roundDuration(ns)),
    ['10 s', '5 ms', '1.5 s', '100 ms', '250 µs', '1 min 0 s'],
  )
})
