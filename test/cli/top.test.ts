import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { topColumnNames } from '../../src/model/top-row.ts'
import { assertSameRows } from '../same-rows.ts'
import { TerminalRun } from './pseudo-terminal.ts'
import { Run, runToEnd } from './wirelag.ts'

type Json = Record<string, unknown>

interface TopJson {
  kind: string
  windowMs: number
  rows: (Json & { stages: Record<string, { count: number }> })[]
}

/** What the objects of the last `top` line say, once there is one. */
function lastTop({ stdout }: Run): TopJson | undefined {
  const line = stdout
    .split('\n')
    .slice(0, -1)
    .findLast((candidate) => candidate.startsWith('{"kind":"top"'))
  return line === undefined ? undefined : (JSON.parse(line) as TopJson)
}

const messages = 20

/** A client that talks to a server: messages of 100 bytes, answered by 300, and 3 connects that are refused. */
async function talk(server: Actor, client: Actor): Promise<number> {
  const { value: port } = await server.do('listen l 127.0.0.1 0 5')
  await client.do('tcp c 4')
  await client.do(`connect c 127.0.0.1 ${port}`)
  // Else the second of two messages waits for the first one's delayed acknowledgement.
  await client.do('option c nodelay 1')
  await server.do('accept l s')
  for (let i = 0; i < messages; i++) {
    await client.do('send c 100')
    await server.do('recv s 100')
    await server.do('send s 300')
    await client.do('recv c 300')
  }
  await client.do('connect-many 127.0.0.1 9 3')
  return port
}

/** A run that watches the namespace of a host, with its programs attached. */
async function started(host: Actor, args: readonly string[]): Promise<Run> {
  const run = new Run(['top', ...args, '--netns', String(host.netns)])
  await run.until(({ stdout }) => stdout.includes('\n'))
  return run
}

test('top --json: every edge with exact counts, the books last', async () => {
  await using server = await Actor.inNewNamespace()
  await using client = await Actor.beside(server)
  using run = await started(server, ['--json', '--by', 'edge', '--interval', '200ms', '--window', '1m'])
  const port = await talk(server, client)
  await run.until(() => lastTop(run)?.rows.length === 3)
  run.kill('SIGINT')
  const { exitCode, stdout } = await run.ended()
  assert.equal(exitCode, 0)
  const top = lastTop(run)
  assert.ok(top)
  const facts = { comm: 'actor', service: 'actor', protocol: 'tcp', role: 'client', peerAddress: '127.0.0.1' }
  const none = { netns: server.netns, retransmits: 0, failures: 0, resetsReceived: 0, sentBytes: 0 }
  const told = top.rows.map(({ stages, retransmits, ...row }) => ({
    ...Object.fromEntries(Object.keys({ ...facts, pid: 0, port: 0, ...none }).map((name) => [name, row[name]])),
    retransmits: Object.values(retransmits as Record<string, number>).reduce((sum, count) => sum + count, 0),
    counts: Object.fromEntries(Object.entries(stages).map(([stage, { count }]) => [stage, count])),
  }))
  assertSameRows(told, [
    {
      ...facts,
      role: 'server',
      pid: server.pid,
      port,
      ...none,
      sentBytes: 300 * messages,
      counts: { handshake: 1, acceptQueue: 1, send: messages, pickup: messages },
    },
    {
      ...facts,
      pid: client.pid,
      port,
      ...none,
      sentBytes: 100 * messages,
      counts: { handshake: 1, send: messages, pickup: messages },
    },
    { ...facts, pid: client.pid, port: 9, ...none, failures: 3, resetsReceived: 3, counts: {} },
  ])
  const objects = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
  assert.equal(objects[0]?.['kind'], 'start')
  const summary = objects.at(-1)
  assert.equal(summary?.['kind'], 'summary')
  // Samples cross one by one only over --slow: those below count as filtered.
  const books = summary['books'] as { signal: string; attempted: number; lost: number }[]
  assert.deepEqual(
    books
      .filter(({ signal }) => ['send', 'pickup', 'connect', 'accept'].includes(signal))
      .map(({ signal, attempted, lost }) => [signal, attempted, lost]),
    [
      ['connect', 4, 0],
      ['accept', 1, 0],
      ['pickup', 2 * messages, 0],
      ['send', 2 * messages, 0],
    ],
  )
})

test('top piped: one header, then the rows of each window with its time', async () => {
  await using server = await Actor.inNewNamespace()
  await using client = await Actor.beside(server)
  using run = await started(server, ['--interval', '200ms', '--window', '1m', '--sort', 'failures'])
  await talk(server, client)
  await run.until(({ stdout }) => stdout.includes('\t3\t3\t0\t'))
  run.kill('SIGINT')
  const { exitCode, stdout, stderr } = await run.ended()
  assert.equal(exitCode, 0)
  const [header = [], ...rows] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
  assert.deepEqual(
    header,
    (
      'TIME PID COMM CONTAINER SERVICE HANDSHAKE_P95_MS HANDSHAKES_PER_S ACCEPT_P95_MS ACCEPTS_PER_S SEND_P95_MS SENDS_PER_S ' +
      'PICKUP_P95_MS PICKUPS_PER_S RETRANSMITS FAILURES RESETS DROPS SENT_BYTES_PER_S'
    ).split(' '),
  )
  assert.ok(rows.every((row) => row.length === header.length && /^\d\d:\d\d:\d\d\.\d{3}$/.test(row[0] ?? '')))
  const times = [...new Set(rows.map(([time]) => time))]
  const last = rows.filter(([time]) => time === times.at(-1))
  const told = last.map((row) => [...row.slice(1, 5), ...row.slice(13, 17)])
  assert.deepEqual(told, [
    [String(client.pid), 'actor', '-', 'actor', '0', '3', '3', '0'],
    [String(server.pid), 'actor', '-', 'actor', '0', '0', '0', '0'],
  ])
  assert.match(stderr, /^wirelag: .*; connect 4 = 4 delivered \+ 0 lost \+ 0 filtered \+ 0 invalid; /)
})

test('top --once: one window, one table, of services', async () => {
  await using server = await Actor.inNewNamespace()
  await using client = await Actor.beside(server)
  using run = await started(server, ['--once', '--window', '2s', '--by', 'service'])
  await talk(server, client)
  const { exitCode, stdout } = await run.ended()
  assert.equal(exitCode, 0)
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
  assert.equal(rows.length, 2)
  assert.deepEqual(rows[1]?.slice(1, 3), ['actor', '2'])
  assert.deepEqual(rows[1]?.slice(11, 15), ['0', '3', '3', '0'])
})

test('top --count: as many windows', async () => {
  await using host = await Actor.inNewNamespace()
  using run = await started(host, ['--json', '--interval', '100ms', '--count', '3'])
  const { exitCode, stdout } = await run.ended()
  assert.equal(exitCode, 0)
  const kinds = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as Json)['kind'])
  assert.deepEqual(kinds, ['start', 'top', 'top', 'top', 'summary'])
})

const refusals: [args: string, message: string][] = [
  ['--sort x', `--sort: 'x' is none of ${topColumnNames.join(', ')}`],
  ['--sort rtt', '--sort rtt: --by process has no such column'],
  [
    '--by x',
    "option '--by <WHAT>' argument 'x' is invalid. Allowed choices are process, container, service, edge, link.",
  ],
  ['--interval 1ms', '--interval: 1ms is out of range: from 100ms to 10m'],
  ['--window 25h', '--window: 25h is out of range: from 100ms to 24h'],
  ['--interval 20s', '--interval is longer than --window'],
  ['--slow 5', "--slow: '5' is not a duration: a number with its unit, as 5ms, 1.5s, 10m"],
]

test('usage errors', async () => {
  for (const [args, message] of refusals) {
    const { exitCode, stderr } = await runToEnd(['top', ...args.split(' ')])
    assert.deepEqual([exitCode, stderr.split('\n')[0]], [2, `wirelag: ${message}`])
  }
})

const alternate = '?1049'

/** wirelag top on a terminal, watching the namespace of a host. */
async function onTerminal(
  host: Actor,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<TerminalRun> {
  const run = new TerminalRun(
    ['top', '--netns', String(host.netns), '--interval', '100ms', '--window', '1m', ...args],
    { env },
  )
  await run.until(([title]) => title?.startsWith('processes') ?? false)
  return run
}

/** The terminal is as it was, and the books stand below. */
async function assertRestored(run: TerminalRun, exitCode: number): Promise<void> {
  assert.equal(await run.ended(), exitCode)
  assert.deepEqual([...run.screen.modes].toSorted(), ['?25', '?7'])
  const after = run.output.slice(run.output.lastIndexOf('\u001b[?1049l'))
  assert.match(after, /wirelag: .*; connect \d+ = .*; hooks: /)
}

/** The data of a client waits 20 ms for its server. */
async function slowPickup(server: Actor, client: Actor): Promise<void> {
  await client.do('send c 100')
  await server.do('sleep 20')
  await server.do('recv s 100')
}

test('top on a terminal: rows, groupings, order, filter, one row, and back', async () => {
  await using server = await Actor.inNewNamespace()
  await using client = await Actor.beside(server)
  await client.do(`comm ${Buffer.from('日本\u001b[2J').toString('hex')}`)
  using run = await onTerminal(server)
  const port = await talk(server, client)
  // Two in 22: the p95 is theirs.
  await slowPickup(server, client)
  await slowPickup(server, client)
  const { screen } = run
  assert.ok(screen.modes.has(alternate) && !screen.modes.has('?25'))
  await run.until((lines) => /^ +\d+ 日本\\x1b\[2J .* 3 +\S+ k?B$/.test(lines[4] ?? ''))
  assert.ok(screen.lines[3]?.startsWith(`${server.pid} actor `.padStart(14)), screen.lines[3])
  assert.ok(screen.lines[1]?.startsWith('2 rows, 0 hidden | 0 lost | agent CPU '), screen.lines[1])
  // The second row, the client's, is chosen; it stays so in whatever order.
  run.type('\u001b[B')
  run.type('\u001b[A')
  run.type('j')
  run.type('r')
  await run.until(([title]) => title?.startsWith('processes by pickup p95 ▲') ?? false)
  run.type('\r')
  await run.until(([title]) => title?.startsWith(`日本\\x1b[2J, pid ${client.pid}, actor `) ?? false)
  await run.until((lines) =>
    lines.some((line) => /^\S+ handshake +0\.\d{3} 127\.0\.0\.1:\d+ - 127\.0\.0\.1:9 ECONNREFUSED/.test(line)),
  )
  run.type('q')
  await run.until(([title]) => title?.startsWith('processes') ?? false)
  run.type('eee')
  await run.until(
    (lines) => lines[0]?.startsWith('edges') === true && lines.some((line) => line.includes('to 127.0.0.1:9 ')),
  )
  run.type('/on ')
  await run.until((lines) => lines[1]?.startsWith('3 rows, 2 hidden (2 by the filter)') ?? false)
  run.type('\r\r')
  await run.until(([title]) => title?.startsWith(`actor, pid ${server.pid}, from 127.0.0.1 on ${port} `) ?? false)
  await run.until((lines) => lines.some((line) => /^> pickup +22 /.test(line)))
  assert.ok(
    screen.lines.some((line) => /^ +\S+ - +\S+ +2 █|^ +\S+ - +\S+ +2 [▏▎▍▌▋▊▉█]/.test(line)),
    screen.lines.join('\n'),
  )
  const sample = screen.lines.find((line) => / pickup +2\d\.\d{3} /.test(line)) ?? ''
  assert.match(sample, new RegExp(String.raw`127\.0\.0\.1:${port} - 127\.0\.0\.1:\d+$`))
  run.type('?')
  await run.until((lines) => lines.includes('Any key goes back.'))
  run.type('x')
  run.type('\u001b')
  await run.until(([title]) => title?.startsWith('edges with "on "') ?? false)
  assert.ok(screen.widest <= 80, `${screen.widest}`)
  run.type('q')
  await assertRestored(run, 0)
})

test('top on a terminal: held by space, it goes on counting', async () => {
  await using server = await Actor.inNewNamespace()
  await using client = await Actor.beside(server)
  using run = await onTerminal(server)
  run.type(' ')
  await run.until(([title]) => title?.includes('PAUSED') ?? false)
  await talk(server, client)
  run.type('ee')
  await run.until(([title]) => title?.startsWith('services') ?? false)
  assert.match(run.screen.lines[3] ?? '', /^(watching…|nothing happened)$/)
  run.type(' ')
  await run.until((lines) => lines[3]?.startsWith('actor ') ?? false)
  run.type('\u0003')
  await assertRestored(run, 0)
})

test('top on a terminal that is made smaller and larger', async () => {
  await using server = await Actor.inNewNamespace()
  await using client = await Actor.beside(server)
  using run = await onTerminal(server)
  await talk(server, client)
  for (const [columns, rows] of [
    [40, 10],
    [120, 30],
  ] as const) {
    run.resize(columns, rows)
    await run.until(
      (lines) =>
        lines.length === rows && lines[3]?.includes('actor') === true && lines.at(-1)?.startsWith('q quit') === true,
    )
    assert.ok(run.screen.widest <= columns)
  }
  run.type('q')
  await assertRestored(run, 0)
})

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGINT'] as const) {
  test(`top on a terminal: ${signal} gives it back`, async () => {
    await using host = await Actor.inNewNamespace()
    using run = await onTerminal(host)
    process.kill(run.pid, signal)
    await assertRestored(run, 0)
  })
}

test('top on a terminal: Ctrl-Z where nothing can continue it, and SIGCONT, draw anew', async () => {
  await using host = await Actor.inNewNamespace()
  using run = await onTerminal(host)
  const enters = (): number => run.output.split('\u001b[?1049h').length - 1
  run.type('\u001a')
  await run.until(() => enters() === 2)
  process.kill(run.pid, 'SIGCONT')
  await run.until((lines) => enters() === 3 && lines[0]?.startsWith('processes') === true)
  run.type('q')
  await assertRestored(run, 0)
})

test('top: colours, and none with NO_COLOR', async () => {
  await using server = await Actor.inNewNamespace()
  await using client = await Actor.beside(server)
  for (const [env, isColored] of [
    [{}, true],
    [{ NO_COLOR: '1' }, false],
  ] as const) {
    using run = await onTerminal(server, [], env)
    await client.do('tcp d 4')
    const { value: port } = await server.do('listen m 127.0.0.1 0 5')
    await client.do(`connect d 127.0.0.1 ${port}`)
    await server.do('sleep 20')
    await server.do('accept m t')
    await run.until((lines) => lines.some((line) => / (19|2\d)\.\d\d /.test(line)))
    assert.equal(run.output.includes('\u001b[33m'), isColored)
    run.type('q')
    await run.ended()
    for (const close of ['close m', 'close t']) await server.do(close)
    await client.do('close d')
  }
})

test('top --once on a terminal, and with a command: a plain table', async () => {
  await using host = await Actor.inNewNamespace()
  const runs = [
    ['--once', '--window', '500ms'],
    ['--', 'nsenter', '--net', `--target=${host.pid}`, 'bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/9'],
  ]
  for (const args of runs) {
    using run = new TerminalRun(['top', ...args])
    await run.ended()
    assert.ok(!run.output.includes(alternate))
    assert.match(run.output, / {4}PID COMM +HSHAKE ACCEPT +SEND SEND\/S PICKUP PICK\/S RETR FAIL {2}SENT\/S\r\n/)
    if (args[0] === '--') assert.match(run.output, /\r\n +\d+ bash .* 1 +0 B\r\n/)
  }
})

test('an error on the screen is told on the screen that stays', async () => {
  const script = `
    import { FullScreen } from ${JSON.stringify(new URL('../../src/cli/terminal/full-screen.ts', import.meta.url).href)}
    const screen = new FullScreen(process.stdin, process.stdout, { onKey() { throw new Error('a fault') }, onResize() {}, onHangup() {} })
    screen.open()
    screen.draw(['ready'])`
  using run = new TerminalRun(['--input-type=module', '--eval', script], { program: process.execPath })
  await run.until((lines) => lines.includes('ready'))
  run.type('x')
  assert.equal(await run.ended(), 1)
  assert.deepEqual([...run.screen.modes].toSorted(), ['?25', '?7'])
  assert.match(run.output.slice(run.output.lastIndexOf('\u001b[?1049l')), /Error: a fault/)
})
