import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { OperatorError } from '../../lib/operator-error.ts'
import { readConfig, type Config } from '../config.ts'

function read(text: string): Config {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-config-'))
  try {
    writeFileSync(join(folder, 'c.yaml'), text)
    return readConfig(join(folder, 'c.yaml'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('where the HTTP side is, and the budget of series', () => {
  assert.deepEqual(read("listen: '[::]:9000'\nmetrics:\n  maxSeries: 500\n"), {
    listen: { host: '::', port: 9000 },
    metrics: { maxSeries: 500 },
  })
  for (const text of ['off', "'off'", 'false']) assert.deepEqual(read(`listen: ${text}\n`), { listen: 'off' })
  assert.deepEqual(read('listen: 8000\n'), { listen: { host: '127.0.0.1', port: 8000 } })
})

const wrong: [text: string, message: RegExp][] = [
  ['listen: localhost\n', /c\.yaml:1: listen: 'localhost' is not an address to listen on: one such as/],
  ['listen: [1]\n', /c\.yaml:1: listen: an address, as 127\.0\.0\.1:9474, or off is wanted$/],
  ['metrics:\n  maxSeries: 10\n', /c\.yaml:2: metrics\.maxSeries: a number of series from 500 to 1000000 is wanted$/],
  ['metrics:\n  maxSeries: many\n', /c\.yaml:2: metrics\.maxSeries: a number of series .* is wanted$/],
  ['metrics:\n  series: 900\n', /c\.yaml:2: metrics\.series: there is no such key$/],
]

for (const [text, message] of wrong) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => read(text),
      (error) => error instanceof OperatorError && error.exitCode === 2 && message.test(error.message),
    )
  })
}
