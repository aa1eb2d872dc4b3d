import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutMiddle, cutText, fitText, textWidth } from './text-width.ts'

test('columns of ASCII, umlauts, marks, CJK and emoji', () => {
  const widths: [string, number][] = [
    ['', 0],
    ['redis', 5],
    ['zürich', 6],
    ['e\u0301', 1],
    ['日本', 4],
    ['ｗ', 2],
    ['한글', 4],
    ['🐳', 2],
    ['a\u200bb', 2],
    ['a\u00adb', 3],
    ['█▌…▼', 4],
  ]
  assert.deepEqual(
    widths.map(([text]) => textWidth(text)),
    widths.map(([, width]) => width),
  )
})

test('a text is cut at its width, never within a character', () => {
  assert.deepEqual(
    [cutText('redis', 5), cutText('redis-server', 5), cutText('日本語', 5), cutText('日本語', 4), cutText('redis', 0)],
    ['redis', 'redi…', '日本…', '日…', ''],
  )
})

test('cut in the middle, an address keeps its port', () => {
  assert.equal(cutMiddle('to [2001:db8:1234:5678::1]:5432', 24), 'to [2001:db…678::1]:5432')
  assert.equal(cutMiddle('to 10.0.0.1:5432', 16), 'to 10.0.0.1:5432')
})

test('filled or cut to exactly that width, on either side', () => {
  assert.deepEqual(
    [fitText('ab', 4, 'left'), fitText('ab', 4, 'right'), fitText('日本', 5, 'left'), fitText('abcde', 3, 'right')],
    ['ab  ', '  ab', '日本 ', 'ab…'],
  )
})
