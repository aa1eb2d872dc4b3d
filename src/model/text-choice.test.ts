import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matches, passesText } from './text-choice.ts'

test('a star stands for any text', () => {
  const cases: [pattern: string, name: string, is: boolean][] = [
    ['web', 'web', true],
    ['web', 'web2', false],
    ['web*', 'web', true],
    ['*web', 'shop-web', true],
    ['s*-*1', 'shop-web-1', true],
    ['s*web*x', 'shop-web-1', false],
    ['a*a', 'a', false],
    ['*', '', true],
    ['a*b*b', 'ab', false],
  ]
  for (const [pattern, name, is] of cases) assert.equal(matches(pattern, name), is, `${pattern} ${name}`)
})

test('a name passes that is included, and not excluded', () => {
  const cases: [include: string[], exclude: string[], name: string, passes: boolean][] = [
    [[], [], 'web', true],
    [['web'], [], 'web', true],
    [['web'], [], 'db', false],
    [['w*', 'db'], [], 'db', true],
    [['w*'], ['web'], 'web', false],
    [[], ['web'], 'db', true],
  ]
  for (const [include, exclude, name, passes] of cases)
    assert.equal(passesText({ include, exclude }, [name]), passes, `${include.join()} !${exclude.join()} ${name}`)
})

test('what has no name, or an empty one, passes only where nothing is included', () => {
  for (const name of [undefined, '']) {
    assert.ok(passesText(undefined, [name]))
    assert.ok(passesText({ include: [], exclude: ['*'] }, [name]))
    assert.ok(!passesText({ include: ['*'], exclude: [] }, [name]))
  }
})
