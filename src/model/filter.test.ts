import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCommChoice, parseNetworkChoice, parseNumberChoice } from './filter.ts'

const ports = { low: 0, high: 65_535 }

test('lists, ranges and exclusions', () => {
  assert.deepEqual(parseNumberChoice('80, 443,8000-8999,!8080', ports), {
    include: [
      { low: 80, high: 80 },
      { low: 443, high: 443 },
      { low: 8000, high: 8999 },
    ],
    exclude: [{ low: 8080, high: 8080 }],
  })
  assert.deepEqual(parseNumberChoice('!1-2', ports), { include: [], exclude: [{ low: 1, high: 2 }] })
})

test('wrong numbers are refused', () => {
  for (const text of [
    '',
    ',',
    '80,',
    '!',
    '80-',
    '-80',
    '90-80',
    '65536',
    '1-70000',
    '80x',
    '1.5',
    '0x50',
    '99999999999',
  ])
    assert.throws(() => parseNumberChoice(text, ports), SyntaxError, text)
})

test('networks keep their prefix', () => {
  const { include, exclude } = parseNetworkChoice('10.0.0.0/8,!10.1.0.0/16,::1')
  assert.deepEqual(
    [include.map(({ prefixBits }) => prefixBits), exclude.map(({ prefixBits }) => prefixBits)],
    [[104, 128], [112]],
  )
})

test('comms are cut where the kernel cuts them', () => {
  assert.deepEqual(parseCommChoice('nginx,!redis*,a-very-long-program-name'), {
    include: ['nginx', 'a-very-long-pro'],
    exclude: ['redis*'],
  })
})
