import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { faultOf } from '../../lab/faults/catalogue.ts'
import { Run, runToEnd } from '../cli/wirelag.ts'

interface Line {
  level: string
  message: string
  cause?: string
  pid?: number
  change?: string
  url?: string
  signal?: string
  lost?: number
}

function linesOf({ stdout }: { stdout: string }): Line[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-agent-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An agent that has begun, and is killed after the test. */
async function agent(t: TestContext, folder: string, ...args: string[]): Promise<Run> {
  const run = new Run(['agent', '--json', '--state-dir', folder, ...args])
  t.after(() => run.kill('SIGKILL'))
  await run.until((self) => self.stdout.includes('"watching '))
  assert.match(run.stdout, /"watching /, run.stderr)
  return run
}

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, port: typeof address === 'object' && address ? address.port : 0 }
}

test('it finds what is the matter, says so once, and ends when told', async (t) => {
  const folder = temporaryFolder(t)
  const run = await agent(t, folder, '--listen', 'off')
  {
    await using fault = await faultOf('slow-reader-asleep')!.start()
    // It sees the whole host: others may be in trouble too.
    const told = (): Line[] =>
      linesOf(run).filter(({ cause, pid }) => cause === 'slow-reader-asleep' && pid === fault.culprit.pid)
    await run.until(() => told().length > 0)
    assert.deepEqual(
      told().map(({ level, change }) => ({ level, change })),
      [{ level: 'finding', change: 'found' }],
    )
  }
  run.kill('SIGTERM')
  const { exitCode, stderr } = await run.ended()
  assert.deepEqual([exitCode, stderr, linesOf(run).at(-1)?.message], [0, '', 'stopped'])
  assert.equal(statSync(folder).mode & 0o777, 0o700)
})

test('only one agent writes a history', async (t) => {
  const folder = temporaryFolder(t)
  const first = await agent(t, folder, '--listen', 'off')
  const second = await runToEnd(['agent', '--state-dir', folder, '--listen', 'off'])
  assert.equal(second.exitCode, 1)
  assert.match(second.stderr, new RegExp(`^wirelag: .*${first.pid}`))
})

test('/metrics says how each signal is watched from its first answer on', async (t) => {
  const run = await agent(t, temporaryFolder(t), '--listen', '127.0.0.1:0')
  await run.until((self) => linesOf(self).some(({ url }) => url !== undefined))
  const url = linesOf(run).find((line) => line.url !== undefined)?.url ?? ''
  const page = await (await fetch(url)).text()
  const told = [...page.matchAll(/^wirelag_probe_status\{.*\bsignal="(\w+)".* [\d.]+$/gm)].map(([, name]) => name)
  const ofTcp = ['connect', 'accept', 'close', 'pickup', 'send', 'retransmit', 'reset', 'drop']
  assert.deepEqual(new Set(told), new Set([...ofTcp, 'udpPickup', 'udpSend']))
})

test('a web port that is taken stops nothing, and is had when it is free', async (t) => {
  const { server, port } = await listening()
  const run = await agent(t, temporaryFolder(t), '--listen', `127.0.0.1:${port}`)
  const told = `no metrics at 127.0.0.1:${port}: another program listens there`
  await run.until((self) => self.stdout.includes(told))
  await new Promise((resolve) => server.close(resolve))
  await run.until((self) => self.stdout.includes('"url":'))
  const url = linesOf(run).find((line) => line.url)?.url ?? ''
  assert.equal(url, `http://127.0.0.1:${port}/metrics`)
  assert.match(await (await fetch(url)).text(), /^wirelag_/m)
})

test('a file that is wrong is refused at start, and changes nothing later', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'wirelag.yaml')
  writeFileSync(file, 'slow: 20ms\nfancy: 1\n')
  const refused = await runToEnd(['agent', '--config', file])
  assert.deepEqual([refused.exitCode, refused.stderr], [2, `wirelag: ${file}:2: fancy: there is no such key\n`])
  const checked = await runToEnd(['agent', '--check-config', '--config', file])
  assert.deepEqual([checked.exitCode, checked.stderr], [2, refused.stderr])
  writeFileSync(file, 'slow: 20ms\n')
  const right = await runToEnd(['agent', '--check-config', '--config', file])
  assert.deepEqual([right.exitCode, right.stdout, right.stderr], [0, `${file} is right.\n`, ''])

  const run = await agent(t, join(folder, 'state'), '--config', file, '--listen', 'off')
  writeFileSync(file, 'slow: fast\n')
  run.kill('SIGHUP')
  await run.until((self) => self.stdout.includes('stays as it was'))
  writeFileSync(file, 'slow: 30ms\n')
  run.kill('SIGHUP')
  await run.until((self) => self.stdout.includes('was read again'))
  assert.deepEqual(
    linesOf(run)
      .slice(-2)
      .map(({ level, message }) => [level, message]),
    [
      [
        'error',
        `the configuration stays as it was: ${file}:1: slow: 'fast' is not a duration: a number with its unit, as 5ms, 1.5s, 10m`,
      ],
      ['info', 'the configuration was read again'],
    ],
  )
})
