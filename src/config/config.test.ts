import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { OperatorError } from '../lib/operator-error.ts'
import { readConfig, type Config } from './config.ts'

function read(text: string): Config {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-config-'))
  try {
    writeFileSync(join(folder, 'c.yaml'), text)
    return readConfig(join(folder, 'c.yaml'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('names, ports and ranges, alone and in lists', () => {
  const { services } = read(`
services:
  checkout:
    comm: [node, 'gunicorn*']
    port: [8080, 9000-9010]
  search:
    container: shop-search-*
    port: 9200
`)
  assert.deepEqual(services, {
    checkout: {
      comm: ['node', 'gunicorn*'],
      port: [
        { low: 8080, high: 8080 },
        { low: 9000, high: 9010 },
      ],
    },
    search: { container: ['shop-search-*'], port: [{ low: 9200, high: 9200 }] },
  })
})

test('an empty file asks for nothing', () => {
  assert.deepEqual(read(''), {})
  assert.deepEqual(read('# nothing yet\n'), {})
})

test('what the agent is told', () => {
  assert.deepEqual(
    read('host: edge-07\nslow: 50ms\ncpuBudget: 5%\nrecorder: {maxSize: 512M, maxAge: 3d, folder: /x}\n'),
    {
      host: 'edge-07',
      slow: 50e6,
      cpuBudget: 0.05,
      recorder: { maxSize: 512 * 2 ** 20, maxAge: 3 * 86_400e9, folder: '/x' },
    },
  )
})

const wrong: [text: string, message: RegExp][] = [
  ['services:\n  a:\n    comm: x\n    prot: 80\n', /c\.yaml:4: services\.a\.prot: there is no such key$/],
  ['service:\n  a: {}\n', /c\.yaml:1: service: there is no such key$/],
  [
    'services:\n  a:\n    port:\n      - 80\n      - 70000\n',
    /c\.yaml:3: services\.a\.port: 70000 is out of range: 1 to 65535$/,
  ],
  ['services:\n  a:\n    comm: 7\n', /c\.yaml:3: services\.a\.comm: a name, or a list of names, is wanted$/],
  ['services:\n  a: {}\n', /c\.yaml:2: services\.a: it must have one of comm, port, container$/],
  ['slow: 50\n', /c\.yaml:1: slow: '50' is not a duration: a number with its unit, as 5ms, 1.5s, 10m$/],
  ['cpuBudget: 5\n', /c\.yaml:1: cpuBudget: '5' is not a percentage, as 5%$/],
  ['recorder:\n  store: mysql://x\n', /c\.yaml:2: recorder\.store: clickhouse:.* is wanted$/],
  ['recorder:\n  maxSize: 1T\n', /c\.yaml:2: recorder\.maxSize: '1T' is not a size: a number, with K, M or G$/],
  ['services:\n  a: [\n', /c\.yaml:\d: /],
  ['services:\n  a:\n    comm: x\n  a:\n    comm: y\n', /c\.yaml:4: Map keys must be unique$/],
]

for (const [text, message] of wrong) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => read(text),
      (error) => error instanceof OperatorError && error.exitCode === 2 && message.test(error.message),
    )
  })
}

test('a file that is not there', () => {
  assert.throws(() => readConfig('/nowhere/c.yaml'), { message: '/nowhere/c.yaml: there is no such file' })
})
