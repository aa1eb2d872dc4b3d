import assert from 'node:assert/strict'
import { test } from 'node:test'
import { screenUpdate } from './screen-update.ts'

const esc = '\u001b'

test('only lines that differ are written', () => {
  assert.equal(screenUpdate(['a', 'b', 'c'], ['a', 'B', 'c'], 80), `${esc}[2;1HB${esc}[K`)
  assert.equal(screenUpdate(['a', 'b'], ['a', 'b'], 80), '')
})

test('a screen that showed nothing gets all that is not empty', () => {
  assert.equal(screenUpdate([], ['a', '', 'c'], 80), `${esc}[1;1Ha${esc}[K${esc}[3;1Hc${esc}[K`)
})

test('lines that are no more are erased', () => {
  assert.equal(screenUpdate(['a', 'b', ''], ['a'], 80), `${esc}[2;1H${esc}[K`)
})

test('after a line that fills the screen nothing is erased', () => {
  assert.equal(screenUpdate([''], ['1234'], 4), `${esc}[1;1H1234`)
  assert.equal(screenUpdate([''], [`${esc}[7m日本${esc}[27m`], 4), `${esc}[1;1H${esc}[7m日本${esc}[27m`)
  assert.equal(screenUpdate([''], ['123'], 4), `${esc}[1;1H123${esc}[K`)
})
