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

test('where the fleet and the p95 of HTTP are read', () => {
  assert.deepEqual(
    read(`
fleet:
  prometheus: https://mimir/prometheus
  headers:
    Authorization: Bearer t
  grafana: http://grafana:3000
http:
  prometheus: http://127.0.0.1:9090
  query: job:http_p95:seconds
  window: 1m
`),
    {
      fleet: {
        prometheus: new URL('https://mimir/prometheus'),
        headers: { Authorization: 'Bearer t' },
        grafana: new URL('http://grafana:3000'),
      },
      http: { prometheus: new URL('http://127.0.0.1:9090'), query: 'job:http_p95:seconds', window: 60e9 },
    },
  )
})

const wrong: [text: string, message: RegExp][] = [
  ['fleet:\n  prometeus: http://a\n', /c\.yaml:2: fleet\.prometeus: there is no such key$/],
  [
    'fleet:\n  prometheus: me:secret@a\n',
    /^[^ ]*c\.yaml:2: fleet\.prometheus: a URL that begins with http:\/\/ or https:\/\/ is wanted$/,
  ],
  ['fleet:\n  grafana: []\n', /c\.yaml:2: fleet\.grafana: a URL that begins with http:\/\/ or https:\/\/ is wanted$/],
  [
    'fleet:\n  prometheus: http://a\n  store: /var/lib/wirelag\n',
    /c\.yaml:1: fleet: prometheus and store exclude each other$/,
  ],
  ['fleet:\n  headers:\n    a b: x\n', /c\.yaml:3: fleet\.headers\.a b: this is no header of HTTP$/],
  ['fleet:\n  headers:\n    a: 7\n', /c\.yaml:3: fleet\.headers\.a: a text is wanted$/],
  ['http:\n  query: up\n', /c\.yaml:1: http\.prometheus: a URL that begins with http:\/\/ or https:\/\/ is wanted$/],
  ['http:\n  prometheus: http://a\n  window: 7\n', /c\.yaml:3: http\.window: '7' is not a duration/],
  ['http:\n  prometheus: http://a\n  querry: up\n', /c\.yaml:3: http\.querry: there is no such key$/],
]

for (const [text, message] of wrong) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => read(text),
      (error) => error instanceof OperatorError && error.exitCode === 2 && message.test(error.message),
    )
  })
}
