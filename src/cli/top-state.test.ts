import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceAlone } from '../model/container.ts'
import type { TopRow } from '../model/top-row.ts'
import { noActivity } from '../track/edge-activity.ts'
import { topRows } from '../track/top-rows.ts'
import { arranged, firstState, pressed, type TopState } from './top-state.ts'

function rowsOf(...pids: number[]): TopRow[] {
  const activities = pids.map((pid) => {
    const activity = noActivity({
      process: { pid, startNs: 1, comm: `p${pid}`, identity: serviceAlone('web') },
      protocol: 'tcp',
      role: 'client',
      peerAddress: '10.0.0.1',
      port: 80,
      netns: 1,
    })
    activity.stages.send.record(pid * 1e6)
    activity.stages.handshake.record(1e6)
    return activity
  })
  return topRows(activities, 'process')
}

const shown = { rows: rowsOf(1, 2, 3, 4, 5, 6, 7, 8), pageRows: 3 }
const first = firstState('process', 'pickup')

/** The state after these keys: words are names of keys, `/text` types each character. */
function after(keys: string, state: TopState = first): TopState {
  let next = state
  for (const name of keys.split(' ')) {
    const result = pressed(
      next,
      { name, character: name.length === 1 ? name : name === 'space' ? ' ' : undefined },
      shown,
    )
    assert.ok(result !== 'quit', keys)
    next = arranged(result, shown)
  }
  return next
}

test('e goes round processes, containers, services, edges and links; a column that is not there gives way', () => {
  assert.deepEqual(
    ['e', 'e e', 'e e e', 'e e e e', 'e e e e e'].map((keys) => after(keys).grouping),
    ['container', 'service', 'edge', 'link', 'process'],
  )
  const byPid = firstState('process', 'pid')
  assert.deepEqual(after('e', byPid).order, { column: 'pickup', isReversed: false })
  assert.deepEqual(after('e', firstState('process', 'failures')).order, { column: 'failures', isReversed: false })
})

test('s, > and right take the next column, < and left the one before, round the table; r reverses', () => {
  assert.deepEqual(
    ['s', '>', 'right', '<', 'left', 's s s s s s', 'r', 'r r', 'r s'].map((keys) => after(keys).order),
    [
      { column: 'pickups', isReversed: false },
      { column: 'pickups', isReversed: false },
      { column: 'pickups', isReversed: false },
      { column: 'sends', isReversed: false },
      { column: 'sends', isReversed: false },
      { column: 'sent', isReversed: false },
      { column: 'pickup', isReversed: true },
      { column: 'pickup', isReversed: false },
      { column: 'pickups', isReversed: false },
    ],
  )
  assert.equal(after('s s s s s s s').order.column, 'pid')
})

test('the cursor moves by row and page, to either end, and not beyond', () => {
  const at = (keys: string): number => after(keys).selectedIndex
  assert.deepEqual(
    ['up', 'down', 'j j k', 'pagedown', 'pagedown pagedown pagedown', 'end', 'end home', 'end pageup'].map(at),
    [0, 1, 1, 3, 7, 7, 0, 4],
  )
})

test('a row that was chosen stays so wherever it goes; one that was not, does not', () => {
  const reversed = { rows: shown.rows.toReversed(), pageRows: 3 }
  assert.deepEqual(
    [arranged(after('down'), reversed), arranged(after('r'), reversed), arranged(first, reversed)].map(
      ({ selectedIndex, firstIndex }) => [selectedIndex, firstIndex],
    ),
    [
      [6, 4],
      [7, 5],
      [0, 0],
    ],
  )
})

test('a row that has gone leaves the cursor where it was, until it comes back', () => {
  const chosen = after('down down')
  const without = arranged(chosen, { rows: rowsOf(1, 2), pageRows: 3 })
  assert.equal(without.selectedIndex, 1)
  assert.equal(arranged(without, { rows: rowsOf(9, 1, 2, 3), pageRows: 3 }).selectedIndex, 3)
})

test('/ takes a text, with q, e and blanks; Enter keeps it, Esc clears it', () => {
  const typing = after('/ q e space x backspace 日')
  assert.deepEqual([typing.filter, typing.isTyping], ['qe 日', true])
  const kept = after('return', typing)
  assert.deepEqual([kept.filter, kept.isTyping, kept.detail], ['qe 日', false, undefined])
  assert.deepEqual([after('escape', typing).filter, after('escape', typing).isTyping], ['', false])
  assert.equal(after('escape', kept).filter, '')
  assert.equal(after('ctrl+u', typing).filter, '')
  assert.equal(after('down', typing).selectedIndex, 1)
})

test('Enter looks into the chosen row, first at the stage it is sorted by, else at the slowest', () => {
  const detail = after('down return').detail
  assert.deepEqual([detail?.row.process?.pid, detail?.stage], [2, 'send'])
  assert.equal(after('return', firstState('process', 'handshakes')).detail?.stage, 'handshake')
  assert.equal(arranged(first, { rows: [], pageRows: 3 }).detail, undefined)
})

test('within a row: stages, samples, and back by Esc or q', () => {
  const stage = (keys: string): string | undefined => after(keys, after('return')).detail?.stage
  assert.deepEqual(['tab', 'right right', 'left', 's s s'].map(stage), ['acceptQueue', 'send', 'pickup', 'pickup'])
  assert.deepEqual(
    ['down down', 'down up up', 'pagedown'].map((keys) => after(keys, after('return')).detail?.firstLine),
    [2, 0, 2],
  )
  for (const key of ['escape', 'q']) assert.equal(after(key, after('return')).detail, undefined)
  assert.equal(after('return e').grouping, 'process')
})

test('space holds and lets go, also within a row; ? helps until a key', () => {
  assert.deepEqual(
    [after('space').isPaused, after('space space').isPaused, after('return space').isPaused],
    [true, false, true],
  )
  assert.equal(after('?').isHelpShown, true)
  assert.deepEqual([after('? q').isHelpShown, after('? q').grouping], [false, 'process'])
})

test('q quits, Esc does not', () => {
  assert.equal(pressed(first, { name: 'q', character: 'q' }, shown), 'quit')
  assert.deepEqual(after('escape'), first)
})
