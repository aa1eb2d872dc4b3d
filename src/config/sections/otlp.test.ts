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

test('everything', () => {
  const { otlp } = read(`
otlp:
  endpoint: https://collector.example.org:4318/otlp
  protocol: grpc
  signals: [metrics]
  headers:
    Authorization: Bearer t0ps3cret
  interval: 30s
  timeout: 2s
  compression: none
  resource:
    deployment.environment.name: production
`)
  assert.deepEqual(otlp, {
    endpoint: new URL('https://collector.example.org:4318/otlp'),
    protocol: 'grpc',
    signals: ['metrics'],
    headers: { authorization: 'Bearer t0ps3cret' },
    interval: 30e9,
    timeout: 2e9,
    compression: 'none',
    resource: { 'deployment.environment.name': 'production' },
  })
})

test('the least', () => {
  assert.deepEqual(read('otlp:\n  endpoint: http://127.0.0.1:4318\n').otlp, {
    endpoint: new URL('http://127.0.0.1:4318'),
  })
})

function withMore(line: string): string {
  return `otlp:\n  endpoint: http://a\n${line}\n`
}

const wrong: [text: string, message: RegExp][] = [
  ['otlp: {}\n', /c\.yaml:1: otlp\.endpoint: a URL is wanted$/],
  [
    'otlp:\n  endpoint: collector:4318\n',
    /c\.yaml:2: otlp\.endpoint: a URL that begins with http:\/\/ or https:\/\/ is wanted$/,
  ],
  [
    'otlp:\n  endpoint: http://me:t0ps3cret@a\n',
    /c\.yaml:2: otlp\.endpoint: a user name or password belongs in headers/,
  ],
  ['otlp:\n  endpoint: http://a?key=t0ps3cret\n', /c\.yaml:2: otlp\.endpoint: a URL without \? and # is wanted/],
  [withMore('  protocol: http/json'), /c\.yaml:3: otlp\.protocol: http\/protobuf or grpc is wanted$/],
  [withMore('  signals: [traces]'), /c\.yaml:3: otlp\.signals\[0\]: metrics or logs is wanted$/],
  [withMore('  signals: []'), /c\.yaml:3: otlp\.signals: a list of metrics, logs is wanted$/],
  [withMore('  headers: t0ps3cret'), /c\.yaml:3: otlp\.headers: names with their values are wanted$/],
  [withMore('  headers:\n    a b: t0ps3cret'), /c\.yaml:4: otlp\.headers\.a b: it is no name of a header$/],
  [
    withMore('  headers:\n    Content-Type: t0ps3cret'),
    /c\.yaml:4: otlp\.headers\.Content-Type: wirelag sets that header itself$/,
  ],
  [
    withMore('  headers:\n    token: "t0ps3cret\\n"'),
    /c\.yaml:4: otlp\.headers\.token: a text of printable ASCII characters is wanted$/,
  ],
  [withMore('  headers:\n    token: 70533'), /c\.yaml:4: otlp\.headers\.token: a text is wanted$/],
  [withMore('  interval: 100ms'), /c\.yaml:3: otlp\.interval: at least 1s is wanted$/],
  [withMore('  interval: often'), /c\.yaml:3: otlp\.interval: 'often' is not a duration/],
  [withMore('  timeout: 11s'), /c\.yaml:3: otlp\.timeout: 100ms to 10s is wanted$/],
  [withMore('  compression: zstd'), /c\.yaml:3: otlp\.compression: gzip or none is wanted$/],
  [withMore('  resource:\n    a: 1'), /c\.yaml:4: otlp\.resource\.a: a text is wanted$/],
  [withMore('  intervall: 10s'), /c\.yaml:3: otlp\.intervall: there is no such key$/],
]

for (const [text, message] of wrong) {
  test(`refused, without the secret: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => read(text),
      (error) => {
        assert.ok(error instanceof OperatorError && error.exitCode === 2)
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /t0ps3cret|70533/)
        return true
      },
    )
  })
}
