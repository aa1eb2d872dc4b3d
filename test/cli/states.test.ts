import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { TerminalRun } from './pseudo-terminal.ts'
import { Run, runToEnd } from './wirelag.ts'

type Row = Record<string, unknown>

interface Made {
  host: Actor
  port: number
  clientPort: number
}

/** A host whose program does not close what its peer has closed; one connection is open. */
async function leaking(): Promise<Made> {
  const host = await Actor.inNewNamespace()
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp open 4')
  await host.do(`connect open 127.0.0.1 ${port}`)
  await host.do('accept l accepted')
  await host.do('tcp c 4')
  const { value: clientPort } = await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('shutdown c')
  await host.do('recv s 1')
  return { host, port, clientPort }
}

const counts = { LISTEN: 1, ESTABLISHED: 2, FIN_WAIT2: 1, CLOSE_WAIT: 1 }

function statesOf(host: Actor, ...args: string[]): string[] {
  return ['states', ...args, '--netns', String(host.netns)]
}

function lines(text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
}

test('states --json: one object with sums, rows and the oldest', async () => {
  const { host, port, clientPort } = await leaking()
  await using _ = host
  const { exitCode, stdout, stderr } = await runToEnd(statesOf(host, '--json'))
  assert.deepEqual([exitCode, stderr, stdout.split('\n').length], [0, '', 2])
  const { timeUnixNs, oldest, ...exact } = JSON.parse(stdout) as Row & { oldest: Row[] }
  assert.ok(Math.abs(Date.now() - Number(BigInt(String(timeUnixNs)) / 1_000_000n)) < 60_000)
  assert.deepEqual(exact, {
    kind: 'states',
    total: 5,
    states: counts,
    rows: [{ netns: host.netns, netnsName: 'actor', total: 5, states: counts }],
  })
  const [{ ageMs, cgroup, connectionId, fd, ...old } = {}, ...others] = oldest
  assert.deepEqual(others, [])
  assert.ok(typeof ageMs === 'number' && ageMs < 60_000)
  assert.ok(Number.isInteger(fd) && Number.isInteger(connectionId))
  assert.match(String(cgroup), /^\//)
  assert.deepEqual(old, {
    state: 'CLOSE_WAIT',
    isAgeLowerBound: true,
    pid: host.pid,
    tid: host.pid,
    comm: 'actor',
    uid: 0,
    service: 'actor',
    ipVersion: 4,
    localAddress: '127.0.0.1',
    localPort: port,
    peerAddress: '127.0.0.1',
    peerPort: clientPort,
    netns: host.netns,
    receiveQueueBytes: 0,
    sendQueueBytes: 0,
  })
})

test('states piped: every state has a column, the sum is the last row, then the oldest', async () => {
  const { host, port, clientPort } = await leaking()
  await using _ = host
  const { stdout } = await runToEnd(statesOf(host, '--by', 'listener'))
  const [header, server, outgoing, sum, gap, oldHeader, old, ...rest] = lines(stdout)
  assert.deepEqual(
    header,
    'LISTENER NETNS TOTAL LISTEN SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE_WAIT LAST_ACK CLOSING CLOSE'.split(
      ' ',
    ),
  )
  assert.deepEqual(server, [`127.0.0.1:${port}`, String(host.netns), ...'3 1 0 0 1 0 0 0 1 0 0 0'.split(' ')])
  assert.deepEqual(outgoing, ['(none)', '-', ...'2 0 0 0 1 0 1 0 0 0 0 0'.split(' ')])
  assert.deepEqual(sum, ['total', '-', ...'5 1 0 0 2 0 1 0 1 0 0 0'.split(' ')])
  assert.deepEqual(gap, [''])
  assert.equal(oldHeader?.[0], 'STATE')
  assert.deepEqual(old?.toSpliced(1, 1).toSpliced(2, 1), [
    'CLOSE_WAIT',
    String(host.pid),
    'actor',
    'actor',
    '-',
    String(host.netns),
    `127.0.0.1:${port}`,
    `127.0.0.1:${clientPort}`,
    '0',
    '0',
  ])
  assert.deepEqual(rest, [])
})

test('filters, and states as ss writes them', async () => {
  const { host, port } = await leaking()
  await using _ = host
  const told = async (...args: string[]): Promise<unknown> =>
    (JSON.parse((await runToEnd(statesOf(host, '--json', ...args))).stdout) as Row)['states']
  assert.deepEqual(await told('--state', 'close-wait,fin_wait_2'), { FIN_WAIT2: 1, CLOSE_WAIT: 1 })
  assert.deepEqual(await told('--state', '!estab'), { LISTEN: 1, FIN_WAIT2: 1, CLOSE_WAIT: 1 })
  assert.deepEqual(await told('--rport', String(port)), { ESTABLISHED: 1, FIN_WAIT2: 1 })
  assert.deepEqual(await told('--service', 'actor'), counts)
  assert.deepEqual(await told('--container', 'none'), {})
})

test('--watch piped: a block of rows at each interval, one header', async () => {
  const { host } = await leaking()
  await using _ = host
  const { exitCode, stdout } = await runToEnd(
    statesOf(host, '--by', 'service', '--watch', '--interval', '100ms', '--count', '3'),
  )
  assert.equal(exitCode, 0)
  const [header, ...rows] = lines(stdout)
  assert.deepEqual(header?.slice(0, 3), ['TIME', 'SERVICE', 'TOTAL'])
  assert.deepEqual(
    rows.map((row) => row.slice(1, 4)),
    Array.from({ length: 3 }, () => [
      ['actor', '5', '1'],
      ['total', '5', '1'],
    ]).flat(),
  )
  for (const [time] of rows) assert.match(time ?? '', /^\d\d:\d\d:\d\d\.\d{3}$/)
})

test('--watch --json: an object at each interval, until Ctrl-C', async () => {
  const { host } = await leaking()
  await using _ = host
  using run = new Run(statesOf(host, '--watch', '--interval', '100ms', '--json'))
  await run.until(({ stdout }) => stdout.split('\n').length > 2)
  await host.do('close s')
  await run.until(({ stdout }) => stdout.includes('"TIME_WAIT":1'))
  run.kill('SIGINT')
  const { exitCode, stdout, stderr } = await run.ended()
  assert.deepEqual([exitCode, stderr], [0, ''])
  for (const line of stdout.trimEnd().split('\n')) assert.equal((JSON.parse(line) as Row)['kind'], 'states')
})

test('a terminal shows the states that there are', async () => {
  const { host, port } = await leaking()
  await using _ = host
  using run = new TerminalRun(statesOf(host, '--by', 'peer'), { columns: 160 })
  await run.until((shown) => shown.some((line) => line.startsWith('CLOSE_WAIT')))
  const text = run.screen.lines.join('\n')
  assert.match(text, /^PEER +TOTAL +LISTEN +ESTABLISHED +FIN_WAIT2 +CLOSE_WAIT$/m)
  assert.match(text, new RegExp(`^127.0.0.1:${port} +2 +0 +1 +1 +0$`, 'm'))
  assert.match(text, /^total +5 +1 +2 +1 +1$/m)
  assert.equal(await run.ended(), 0)
  assert.ok(!run.output.includes('\u001b'))
})

test('--events: each change with its connection, and the books', async () => {
  const { host, port, clientPort } = await leaking()
  await using _ = host
  using run = new Run(statesOf(host, '--events', '--json', '--lport', String(port)))
  await run.until(({ stdout }) => stdout.includes('"start"'))
  await host.do('close s')
  await run.until(({ stdout }) => stdout.includes('"to":"CLOSE"'))
  run.kill('SIGINT')
  const { exitCode, stdout } = await run.ended()
  assert.equal(exitCode, 0)
  const objects = lines(stdout).map(([line = '']) => JSON.parse(line) as Row)
  assert.deepEqual(
    objects.map(({ kind, from, to, pid }) => [kind, from, to, pid]),
    [
      ['start', undefined, undefined, undefined],
      ['state', 'CLOSE_WAIT', 'LAST_ACK', host.pid],
      ['state', 'LAST_ACK', 'CLOSE', host.pid],
      ['summary', undefined, undefined, undefined],
    ],
  )
  const { timeUnixNs, connectionId, cgroup, ...exact } = objects[1] ?? {}
  assert.ok(timeUnixNs && connectionId && cgroup)
  assert.deepEqual(exact, {
    kind: 'state',
    pid: host.pid,
    tid: host.pid,
    comm: 'actor',
    uid: 0,
    service: 'actor',
    ipVersion: 4,
    localAddress: '127.0.0.1',
    localPort: port,
    peerAddress: '127.0.0.1',
    peerPort: clientPort,
    netns: host.netns,
    ownerSource: 'existing',
    from: 'CLOSE_WAIT',
    to: 'LAST_ACK',
  })
  const [book, ...others] = (objects[3]?.['books'] ?? []) as Record<string, number>[]
  assert.deepEqual(others, [])
  const { attempted = 0, delivered, lost, filtered = 0, invalid, signal } = book ?? {}
  assert.deepEqual([signal, delivered, lost, invalid, attempted - filtered], ['state', 2, 0, 0, 2])
})

test('--events piped, only to or from one state', async () => {
  const { host, port } = await leaking()
  await using _ = host
  using run = new Run(statesOf(host, '--events', '--state', 'last-ack', '--count', '2'))
  await run.until(({ stdout }) => stdout.includes('\n'))
  await host.do('close open')
  await host.do('recv accepted 1')
  await host.do('close accepted')
  const { exitCode, stdout, stderr } = await run.ended()
  assert.equal(exitCode, 0)
  const [header, ...rows] = lines(stdout)
  assert.deepEqual(header, 'TIME PID COMM CONTAINER SERVICE NETNS SADDR SPORT DADDR DPORT FROM TO'.split(' '))
  assert.deepEqual(
    rows.map((row) => [row[1], row[7], row[10], row[11]]),
    [
      [String(host.pid), String(port), 'CLOSE_WAIT', 'LAST_ACK'],
      [String(host.pid), String(port), 'LAST_ACK', 'CLOSE'],
    ],
  )
  assert.match(stderr, /; state \d+ = 2 delivered \+ 0 lost \+ \d+ filtered \+ 0 invalid; hooks: /)
})

const refusals: [args: string, message: string][] = [
  ['--watch --events', '--watch and --events exclude each other'],
  ['--interval 1s', '--interval is of no use without --watch'],
  ['--count 3', '--count is of no use without --watch or --events'],
  ['--by peer --events', '--by and --events exclude each other'],
  ['--watch --interval 5', "--interval: '5' is not a duration: a number with its unit, as 5ms, 1.5s, 10m"],
  ['-- true', 'states runs no command'],
]
for (const [args, message] of refusals) {
  test(`usage error: wirelag states ${args}`, async () => {
    const { exitCode, stdout, stderr } = await runToEnd(['states', ...args.split(' ')])
    assert.deepEqual([exitCode, stdout, stderr], [2, '', `wirelag: ${message}\n`])
  })
}

test('a state that is none, and a grouping that is none', async () => {
  const state = await runToEnd(['states', '--state', 'open'])
  assert.equal(state.exitCode, 2)
  assert.match(state.stderr, /^wirelag: --state: 'open' is none of LISTEN, SYN_SENT, .*\n$/)
  const by = await runToEnd(['states', '--by', 'pid'])
  assert.equal(by.exitCode, 2)
  assert.doesNotMatch(by.stderr, /\n {4}at /)
})

test('--help has examples', async () => {
  const { exitCode, stdout } = await runToEnd(['states', '--help'])
  assert.equal(exitCode, 0)
  for (const text of ['--events', '--state <STATE>', 'Examples:', 'CLOSE_WAIT']) assert.ok(stdout.includes(text), text)
})
