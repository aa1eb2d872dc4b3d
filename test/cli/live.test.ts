import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { assertSameRows } from '../same-rows.ts'
import { Run, runToEnd } from './wirelag.ts'

/** One connection in which the server reads 10 bytes, then both close. */
async function exchange(host: Actor): Promise<{ port: number; clientPort: number }> {
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  const { value: clientPort } = await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('send c 10')
  await host.do('recv s 10')
  await host.do('close c')
  await host.do('close s')
  return { port, clientPort }
}

/** A run that watches the namespace of a host, with its programs attached. */
async function started(host: Actor, args: readonly string[]): Promise<Run> {
  const run = new Run([...args, '--netns', String(host.netns)])
  await run.until(({ stdout }) => stdout.includes('\n'))
  return run
}

type Row = Record<string, unknown>

function jsonRows(stdout: string): Row[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}

test('trace --json: start, then one object a line, the books last', async () => {
  await using host = await Actor.inNewNamespace()
  using run = await started(host, ['trace', '--json', '--count', '4'])
  const { port, clientPort } = await exchange(host)
  const { exitCode, stdout } = await run.ended()
  assert.equal(exitCode, 0)
  assert.ok(
    stdout
      .trimEnd()
      .split('\n')
      .every((line) => line.startsWith('{"kind":"')),
  )
  const rows = jsonRows(stdout)
  assertSameRows(
    rows.map(({ kind }) => kind),
    ['start', 'connect', 'accept', 'close', 'close', 'summary'],
  )
  const close = rows.find(({ kind, peerPort }) => kind === 'close' && peerPort === port)
  assert.ok(close)
  const { timeUnixNs, durationUs, rttUs, minRttUs, connectionId, busyMs, cgroup, ...exact } = close
  assert.equal(cgroup, lastCgroupOf(host.pid))
  assert.deepEqual(exact, {
    kind: 'close',
    pid: host.pid,
    tid: host.pid,
    comm: 'actor',
    uid: 0,
    service: 'actor',
    ipVersion: 4,
    localAddress: '127.0.0.1',
    localPort: clientPort,
    peerAddress: '127.0.0.1',
    peerPort: port,
    netns: host.netns,
    ownerSource: 'syscall',
    existedBefore: false,
    bytesSent: 10,
    bytesReceived: 0,
    retransmits: 0,
    receiverLimitedMs: 0,
    sendLimitedMs: 0,
  })
  const ageMs = Date.now() - Number(BigInt(String(timeUnixNs)) / 1_000_000n)
  assert.ok(ageMs >= 0 && ageMs < 60_000, `${ageMs}`)
  assert.equal(typeof busyMs, 'number')
  for (const value of [durationUs, rttUs, minRttUs, connectionId]) assert.ok(typeof value === 'number' && value > 0)
  const { kind, books } = rows.at(-1) ?? {}
  assert.equal(kind, 'summary')
  assert.deepEqual(books, [
    { signal: 'connect', attempted: 1, delivered: 1, lost: 0, filtered: 0, invalid: 0 },
    { signal: 'accept', attempted: 1, delivered: 1, lost: 0, filtered: 0, invalid: 0 },
    { signal: 'close', attempted: 2, delivered: 2, lost: 0, filtered: 0, invalid: 0 },
  ])
})

/** The path of a process's cgroup, v2. */
function lastCgroupOf(pid: number): string | undefined {
  return /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1]
}

test('trace piped: tab-separated columns, one header, the books on standard error', async () => {
  await using host = await Actor.inNewNamespace()
  using run = await started(host, ['trace', '--count', '4'])
  const { port } = await exchange(host)
  const { stdout, stderr } = await run.ended()
  const [header = [], ...rows] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
  assert.deepEqual(
    header,
    'TIME TYPE PID COMM CONTAINER SERVICE IP SADDR SPORT DADDR DPORT HANDSHAKE ACCEPTQ DURATION SENT RECEIVED RETR RTT DETAIL'.split(
      ' ',
    ),
  )
  assert.equal(rows.length, 4)
  assert.ok(rows.every((row) => row.length === header.length))
  const accept = rows.find((row) => row[1] === 'accept')
  assert.deepEqual(accept?.slice(2, 9), [String(host.pid), 'actor', '-', 'actor', '4', '127.0.0.1', String(port)])
  assert.match(stderr, /^wirelag: .*; connect 1 = 1 delivered \+ 0 lost \+ 0 filtered \+ 0 invalid; accept 1 = /)
})

test("trace --tcptracer: tcptracer's header and columns", async () => {
  await using host = await Actor.inNewNamespace()
  using run = await started(host, ['trace', '--tcptracer', '-t', '--count', '4'])
  const { port, clientPort } = await exchange(host)
  const { stdout } = await run.ended()
  const [title, header = '', ...rows] = stdout.trimEnd().split('\n')
  assert.equal(title, 'Tracing TCP established connections. Ctrl-C to end.')
  assert.equal(header, 'TIME(s)  T  PID    COMM             IP SADDR            DADDR            SPORT  DPORT')
  const pid = String(host.pid).padEnd(6)
  const there = `${pid} actor            4  127.0.0.1        127.0.0.1        ${String(clientPort).padEnd(6)} ${port}`
  const here = `${pid} actor            4  127.0.0.1        127.0.0.1        ${String(port).padEnd(6)} ${clientPort}`
  assertSameRows(
    rows.map((row) => row.replace(/^\d+\.\d{3} +/, '')),
    [`C  ${there}`, `A  ${here}`, `X  ${there}`, `X  ${here}`],
  )
  assert.match(rows[0] ?? '', /^0\.000 {4}/)
})

test('trace --tcptracer -v: long types, and the namespace unless one was asked for', async () => {
  await using host = await Actor.inNewNamespace()
  using run = new Run(['trace', '--tcptracer', '-v', '-p', String(host.pid), '--count', '4'])
  await run.until(({ stdout }) => stdout.includes('TYPE'))
  await exchange(host)
  const { stdout } = await run.ended()
  const [, header = '', ...rows] = stdout.trimEnd().split('\n')
  assert.equal(header, 'TYPE         PID    COMM             IP SADDR            DADDR            SPORT  DPORT  NETNS')
  assert.ok(rows.length === 4 && rows.every((row) => row.endsWith(` ${host.netns}`)))
  assertSameRows(
    rows.map((row) => row.slice(0, 13)),
    ['connect      ', 'accept       ', 'close        ', 'close        '],
  )
})

test("pktlat: tcppktlat's columns, and a summary for each process", async () => {
  await using host = await Actor.inNewNamespace()
  using run = await started(host, ['pktlat', '-T', '--count', '1'])
  const { port, clientPort } = await exchange(host)
  const { stdout, stderr } = await run.ended()
  const [header, row = '', ...rest] = stdout.trimEnd().split('\n')
  // Whose it is comes after them, on a host that has containers or units.
  assert.match(
    header?.replaceAll('\t', ' ') ?? '',
    /^TIME\(s\) PID TID COMM LADDR LPORT RADDR RPORT MS( CONTAINER| SERVICE)?$/,
  )
  const [time, pid, tid, comm, laddr, lport, raddr, rport, ms] = row.split('\t')
  assert.match(String(time), /^\d\d:\d\d:\d\d$/)
  assert.deepEqual(
    [pid, tid, comm, laddr, lport, raddr, rport],
    [String(host.pid), String(host.pid), 'actor', '127.0.0.1', String(port), '127.0.0.1', String(clientPort)],
  )
  assert.match(String(ms), /^\d+\.\d\d$/)
  assert.deepEqual(rest, [])
  const [summaryHeader, summaryRow = ''] = stderr.split('\n')
  assert.equal(summaryHeader?.replaceAll('\t', ' '), 'PID COMM COUNT P50_MS P95_MS P99_MS MAX_MS')
  assert.ok(summaryRow.startsWith(`${host.pid}\tactor\t1\t`), summaryRow)
})

test('pktlat --summary: no rows, the table on standard output', async () => {
  await using host = await Actor.inNewNamespace()
  using run = new Run(['pktlat', '--summary', '-v', '--netns', String(host.netns)])
  await run.until(({ stderr }) => stderr.includes('receive pickup: on'))
  await exchange(host)
  run.kill('SIGINT')
  const { exitCode, stdout } = await run.ended()
  assert.equal(exitCode, 0)
  const rows = stdout.trimEnd().split('\n')
  assert.equal(rows.length, 2)
  assert.ok(rows[1]?.startsWith(`${host.pid}\tactor\t1\t`), rows[1])
})

test('a hostile comm cannot move the cursor or fake a row', async () => {
  await using host = await Actor.inNewNamespace()
  await host.do(`comm ${Buffer.from('\u001b[2J\r\nA\u009b\tx').toString('hex')}`)
  using run = await started(host, ['trace', '--count', '4'])
  await exchange(host)
  const { stdout } = await run.ended()
  const rows = stdout.trimEnd().split('\n')
  assert.equal(rows.length, 5)
  // oxlint-disable-next-line no-control-regex -- that there are none is what is tested
  assert.doesNotMatch(stdout, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
  assert.equal(rows[1]?.split('\t')[3], '\\x1b[2J\\x0d\\x0aA\\x9b\\x09x')
})

test('-- COMMAND: only the command and its children are seen, their output and exit code are kept', async () => {
  await using host = await Actor.inNewNamespace()
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  const nsenter = ['nsenter', '--net', `--target=${host.pid}`]
  // The shell connects itself, then a child of a child does; bash has /dev/tcp.
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; exec 3>&-; (bash -c 'exec 3<>/dev/tcp/127.0.0.1/9' 2>/dev/null); echo out; exit 7`
  const bystander = host.do('connect-many 127.0.0.1 9 20')
  const { exitCode, stdout, stderr } = await runToEnd(['trace', '--json', '--', ...nsenter, 'bash', '-c', script])
  await bystander
  assert.deepEqual([exitCode, stdout], [7, 'out\n'])
  const rows = jsonRows(stderr).filter(({ kind }) => kind !== 'start' && kind !== 'summary')
  assertSameRows(
    rows.map(({ kind, comm, peerPort, error }) => [kind, comm, peerPort, error]),
    [
      ['connect', 'bash', port, undefined],
      ['close', 'bash', port, undefined],
      ['fail', 'bash', 9, 'ECONNREFUSED'],
    ],
  )
  assert.equal(new Set(rows.map(({ pid }) => pid)).size, 2)
})

test('-- COMMAND alone traces it and sums it up', async () => {
  await using host = await Actor.inNewNamespace()
  const script = `exec 3<>/dev/tcp/127.0.0.1/9`
  const { exitCode, stderr } = await runToEnd(['--', 'nsenter', '--net', `--target=${host.pid}`, 'bash', '-c', script])
  assert.equal(exitCode, 1)
  assert.match(stderr, /\tfail\t\d+\tbash\t-\tbash\t4\t/)
  assert.match(stderr, /\nbash\tto 127\.0\.0\.1:9\t0\t1 ECONNREFUSED\t/)
})

test('-- COMMAND that does not exist is 127, as in a shell', async () => {
  const { exitCode, stderr } = await runToEnd(['--', 'no-such-command'])
  assert.equal(exitCode, 127)
  assert.match(stderr, /no-such-command/)
})

test('--duration ends it', async () => {
  const startMs = Date.now()
  const { exitCode } = await runToEnd(['pktlat', '--duration', '200ms'])
  assert.equal(exitCode, 0)
  assert.ok(Date.now() - startMs >= 200)
})
