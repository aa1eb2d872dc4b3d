import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { assertSameRows } from '../same-rows.ts'
import { Run } from './wirelag.ts'

type Row = Record<string, unknown>

function jsonRows(stdout: string): Row[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}

async function watching(host: Actor, ...args: string[]): Promise<Run> {
  const run = new Run([...args, '--netns', String(host.netns)])
  await run.until(({ stdout }) => stdout.includes('\n'))
  return run
}

/** A request that waits 20 ms for its reader, and its reply. */
async function exchange(host: Actor): Promise<{ port: number }> {
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('send c 10')
  await host.do('sleep 20')
  await host.do('recv s 10')
  await host.do('send s 10')
  await host.do('recv c 10')
  await host.do('close c')
  await host.do('close s')
  return { port }
}

test('trace --ledger: a row at the end of each connection, whose parts add up', async () => {
  await using host = await Actor.inNewNamespace()
  using run = await watching(host, 'trace', '--ledger', '--json', '--count', '6')
  const { port } = await exchange(host)
  const { exitCode, stdout } = await run.ended()
  assert.equal(exitCode, 0)
  const rows = jsonRows(stdout)
  assertSameRows(
    rows.map(({ kind }) => kind),
    ['start', 'connect', 'accept', 'ledger', 'close', 'ledger', 'close', 'summary'],
  )
  for (const { wallUs, stagesUs, span, pid } of rows.filter(({ kind }) => kind === 'ledger')) {
    const sum = Object.values(stagesUs as Record<string, number>).reduce((total, us) => total + us, 0)
    assert.ok(Math.abs(sum - Number(wallUs)) < 0.01)
    assert.deepEqual([span, pid], ['connection', host.pid])
  }
  const server = rows.find(({ kind, localPort }) => kind === 'ledger' && localPort === port)
  assert.ok(server)
  assert.ok((server['stagesUs'] as Record<string, number>)['receiveQueue']! > 19_000)
  const books = rows.at(-1)?.['books'] as { signal: string }[]
  assert.deepEqual(
    books.map(({ signal }) => signal),
    ['connect', 'accept', 'close', 'ledger'],
  )
})

test('trace --ledger --slow: slow requests and replies have rows of their own', async () => {
  await using host = await Actor.inNewNamespace()
  using run = await watching(host, 'trace', '--ledger', '--slow', '10ms')
  await exchange(host)
  await run.until(({ stdout }) => /\trequest\t/.test(stdout))
  run.kill('SIGINT')
  const { stdout } = await run.ended()
  const rows = stdout
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
  assert.deepEqual(
    rows.map((row) => row[1]),
    ['reply', 'request'],
  )
  assert.match(rows[0]?.at(-1) ?? '', /^(application \S+ \+ )?(send \S+ \+ )?receive queue 2\d\.\d{3}/)
  assert.match(rows[1]?.at(-1) ?? '', /wire \+ peer 2\d\.\d{3}/)
})

test('trace --packets: resets and drops between the connections', async () => {
  await using host = await Actor.inNewNamespace()
  using run = await watching(host, 'trace', '--packets', '--json', '--count', '4')
  await host.do('tcp c 4')
  await assert.rejects(host.do('connect c 127.0.0.1 9'))
  const { stdout } = await run.ended()
  const rows = jsonRows(stdout).slice(1, -1)
  assertSameRows(
    rows.map(({ kind, direction, reason, error }) => [kind, direction ?? reason ?? error]),
    [
      ['reset', 'sent'],
      ['drop', 'NO_SOCKET'],
      ['reset', 'received'],
      ['fail', 'ECONNREFUSED'],
    ],
  )
})

test('--cost tells what each program cost; --cpu-budget gives signals up, in words', async () => {
  await using host = await Actor.inNewNamespace()
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  using run = await watching(host, 'pktlat', '--json', '--summary', '--cost', '--cpu-budget', '0.01%')
  for (let i = 0; i < 60 && !run.stderr.includes('given up'); i++) await host.do('ping-pong c s 20000')
  run.kill('SIGINT')
  const { stdout, stderr } = await run.ended()
  assert.match(
    stderr,
    /^wirelag: receive pickup: given up as wirelag used [\d.]+ % of a CPU, more than its budget of 0\.01 %$/m,
  )
  const summary = jsonRows(stdout).at(-1) as { cost: { programs: { program: string; runs: number }[] } }
  assert.deepEqual(summary.cost.programs.map(({ program }) => program).toSorted(), [
    'pickup_queued_tp',
    'pickup_read_tp',
  ])
  assert.ok(summary.cost.programs.every(({ runs }) => runs > 0))
})
