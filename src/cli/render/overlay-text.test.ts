import assert from 'node:assert/strict'
import { test } from 'node:test'
import { windowText } from '../../lib/moment.ts'
import { overlayText } from './overlay-text.ts'
import { noStyles } from './styles.ts'

test('what moves with HTTP, and what does not', () => {
  const finding = { service: 'a', name: 'b', lagMs: 0, pearson: 1, spearman: 1, steps: 20, chance: 0 }
  const looked = { fromUnixMs: 0, toUnixMs: 1_200_000 }
  const report = {
    ...looked,
    findings: [{ ...finding, sentence: 'HTTP p95 of a\u001b[2J moves with b' }],
    unexplained: ['HTTP p95 of c did not move: 1.0 to 1.1 ms'],
  }
  assert.deepEqual(overlayText(report, noStyles), [
    '',
    `HTTP, ${windowText(looked)}:`,
    '  HTTP p95 of a\\x1b[2J moves with b',
    '  HTTP p95 of c did not move: 1.0 to 1.1 ms',
  ])
  assert.deepEqual(overlayText(undefined, noStyles), [])
})
