import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runToEnd, type Ended } from '../cli/wirelag.ts'

/** Whatever it is asked, it keeps the headers, and lets nobody in. */
const authorizations: (string | undefined)[] = []
let server: Server
let url: string
let folder: string

before(async () => {
  server = createServer((request, response) => {
    authorizations.push(request.headers.authorization)
    response.writeHead(401).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  folder = mkdtempSync(join(tmpdir(), 'wirelag-fleet-'))
})

after(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

function fleet(args: readonly string[], environment: readonly string[] = []): Promise<Ended> {
  const clean = ['env', '-u', 'WIRELAG_PROMETHEUS', '-u', 'WIRELAG_PROMETHEUS_HEADER', ...environment]
  return runToEnd(['fleet', ...args], clean)
}

const refused = (): string =>
  `wirelag: ${url} does not let us in (HTTP 401)\n  Give what it wants as a header; see docs/fleet.md.\n`

async function assertRefused(ended: Promise<Ended>, authorization: string | undefined): Promise<void> {
  authorizations.length = 0
  const { exitCode, stdout, stderr } = await ended
  assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 1, stdout: '', stderr: refused() })
  assert.deepEqual(authorizations, [authorization])
}

test('a header from the command line, the environment or the file is sent, and never shown', async () => {
  const token = 'Bearer s3cret'
  await assertRefused(fleet(['--prometheus', url, '--header', `Authorization: ${token}`]), token)
  const inEnvironment = [`WIRELAG_PROMETHEUS=${url}`, `WIRELAG_PROMETHEUS_HEADER=Authorization: ${token}`]
  await assertRefused(fleet([], inEnvironment), token)
  const file = join(folder, 'fleet.yaml')
  writeFileSync(file, `fleet:\n  prometheus: ${url}\n  headers:\n    Authorization: ${token}\n`)
  await assertRefused(fleet(['--config', file]), token)
  // What the file says is for its own Prometheus.
  await assertRefused(fleet(['--config', file, '--prometheus', url]), undefined)
  const basic = `Basic ${Buffer.from('me:s3cret').toString('base64')}`
  await assertRefused(fleet(['--prometheus', url.replace('//', '//me:s3cret@')]), basic)
})

const wrong: [args: string[], message: string][] = [
  [[], 'nothing says where to read: --prometheus URL or --store STORE\n  wirelag fleet --help'],
  [['--prometheus', 'me:s3cret@host'], '--prometheus: a URL that begins with http:// or https:// is wanted'],
  [['--prometheus', 'http://a', '--store', '/b'], '--prometheus and --store exclude each other'],
  [['--store', '/b', '--header', 'a: b'], '--header is of no use with --store'],
  [['--header', 's3cret'], "--header: a header is wanted, as 'Authorization: Bearer TOKEN'"],
  [['--last', '25h'], '--last: 25h is out of range: from 1s to 24h'],
  [['--timeout', '11m'], '--timeout: 11m is out of range: from 100ms to 10m'],
  [['--threshold', '0'], "--threshold: '0' is not a number over 0"],
  [['--interval', '5s'], '--interval is of no use without --watch'],
  [['--count', '5'], '--count is of no use without --watch'],
]

for (const [args, message] of wrong) {
  test(`usage: ${args.join(' ')}`, async () => {
    const { exitCode, stdout, stderr } = await fleet(args)
    assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 2, stdout: '', stderr: `wirelag: ${message}\n` })
  })
}

test('nobody answers: exit code 1', async () => {
  const { exitCode, stderr } = await fleet(['--prometheus', 'http://127.0.0.1:9'])
  assert.deepEqual([exitCode, stderr.includes('fault')], [1, false])
})
