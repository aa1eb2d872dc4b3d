import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LiveBlock } from './live-block.ts'

/** A terminal of that size, and what was last written to it, escape sequences in words. */
function terminal(columns: number, rows: number) {
  const written: string[] = []
  const stream = { columns, rows, write: (text: string) => written.push(text) }
  const block = new LiveBlock(stream as unknown as NodeJS.WriteStream)
  const last = (): string | undefined =>
    written
      .splice(0)
      .at(-1)
      // oxlint-disable-next-line no-control-regex -- they are what this is about
      ?.replaceAll(/\u001b\[(\d*)A/g, '<up $1>')
      .replaceAll('\u001b[J', '<clear>')
      .replaceAll('\u001b[?7l', '<nowrap>')
      .replaceAll('\u001b[?7h', '<wrap>')
      .replaceAll('\r', '<left>')
  return { stream, block, last }
}

test('drawn anew in place, in one write', () => {
  const { block, last } = terminal(80, 24)
  block.draw(['one', 'two'])
  assert.equal(last(), '<nowrap>one\ntwo\n<wrap>')
  block.draw(['three'])
  assert.equal(last(), '<left><up 2><clear><nowrap>three\n<wrap>')
  block.clear()
  assert.equal(last(), '<left><up 1><clear>')
  block.clear()
  assert.equal(last(), undefined)
})

test('other lines go above it', () => {
  const { block, last } = terminal(80, 24)
  block.draw(['one', 'two'])
  block.above(['alert'])
  assert.equal(last(), '<left><up 2><clear>alert\n<nowrap>one\ntwo\n<wrap>')
  block.clear()
  assert.equal(last(), '<left><up 2><clear>')
  block.above(['alert'])
  assert.equal(last(), 'alert\n')
})

test('never longer nor wider than the screen', () => {
  const { block, last } = terminal(5, 4)
  block.draw(['1234567', '2', '3', '4', '5'])
  assert.equal(last(), '<nowrap>12345\n2\n3\n<wrap>')
})

test('a terminal made narrower has wrapped the lines; made smaller, has scrolled', () => {
  const { stream, block, last } = terminal(10, 24)
  block.draw(['1234567890', '12'])
  stream.columns = 4
  block.draw(['123456'])
  assert.equal(last(), '<left><up 4><clear><nowrap>1234\n<wrap>')
  block.draw(['1', '2', '3', '4'])
  stream.rows = 3
  block.above([])
  assert.equal(last(), '<left><up 2><clear><nowrap>1\n2\n<wrap>')
})

test('an unknown size is taken for 80 by 24', () => {
  const { block } = terminal(0, 0)
  assert.deepEqual([block.columns, block.maxLines], [80, 23])
})
