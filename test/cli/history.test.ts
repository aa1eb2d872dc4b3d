import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { Run } from './wirelag.ts'

async function watching(host: Actor, ...args: string[]): Promise<Run> {
  const run = new Run([...args, '--netns', String(host.netns)])
  await run.until(({ stdout }) => stdout.includes('\n'))
  return run
}

/** A request that waits 60 ms for its reader. */
async function slowRead(host: Actor): Promise<void> {
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('send c 10')
  await host.do('sleep 60')
  await host.do('recv s 10')
}

test('trace --history --slow: what led to a slow read, in one field of its row', async () => {
  await using host = await Actor.inNewNamespace()
  using run = await watching(host, 'trace', '--history', '--slow', '50ms', '--count', '1')
  await slowRead(host)
  const { exitCode, stdout } = await run.ended()
  assert.equal(exitCode, 0)
  const row = stdout.trimEnd().split('\n')[1]?.split('\t') ?? []
  assert.deepEqual([row[1], row[2], row[3]], ['history', String(host.pid), 'actor'])
  const number = String.raw`\d+\.\d{3}`
  const events = [
    `-${number} state ESTABLISHED`,
    `-${number} accept after ${number}`,
    `-${number} receive 10 B`,
    `-0\\.\\d{3} read 10 B after ${number}`,
  ]
  assert.match(row.at(-1) ?? '', new RegExp(`^slow: read 10 B after ${number} \\(${events.join('; ')}\\)$`))
})

test('trace --history --json: without --slow only what failed or timed out', async () => {
  await using host = await Actor.inNewNamespace()
  using run = await watching(host, 'trace', '--history', '--json')
  await slowRead(host)
  await host.do('tcp d 4')
  await assert.rejects(host.do('connect d 127.0.0.1 9'))
  await run.until(({ stdout }) => stdout.includes('"kind":"fail"'))
  run.kill('SIGINT')
  const { stdout } = await run.ended()
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const histories = rows.filter(({ kind }) => kind === 'history')
  assert.equal(histories.length, 1)
  const [history] = histories
  const { events, cause } = history as { events: Record<string, unknown>[]; cause: Record<string, unknown> }
  assert.deepEqual(
    [history?.['trigger'], history?.['pid'], history?.['peerPort'], history?.['forgotten']],
    ['failure', host.pid, 9, 0],
  )
  assert.deepEqual(
    events.map(({ what, detail }) => [what, detail]),
    [
      ['state', 'SYN_SENT'],
      ['reset', 'received'],
      ['state', 'CLOSE ECONNREFUSED'],
    ],
  )
  assert.deepEqual(cause, events.at(-1))
  const books = rows.at(-1)?.['books'] as { signal: string }[]
  assert.deepEqual(
    books.map(({ signal }) => signal),
    ['connect', 'accept', 'close', 'history'],
  )
})
