import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { Run, runToEnd } from './wirelag.ts'

/** A host with a connection from c to s; c's send buffer and s's receive buffer hold little. */
async function connected(): Promise<{ host: Actor; port: number; clientPort: number }> {
  const host = await Actor.inNewNamespace()
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do('option c sndbuf 20000')
  const { value: clientPort } = await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('option s rcvbuf 20000')
  return { host, port, clientPort }
}

const bigBytes = 200_000

/** One send call that is held up for 200 ms, and some more while all is read. */
async function sendBlocked(host: Actor): Promise<{ elapsedMs: number }> {
  const sending = host.in('sender', `send c ${bigBytes}`)
  await host.in('reader', 'sleep 200')
  await host.in('reader', `recv s ${bigBytes} waitall`)
  const { startNs, endNs } = await sending
  return { elapsedMs: (endNs - startNs) / 1e6 }
}

async function sendQuickly(host: Actor, count: number): Promise<void> {
  await host.in('sender', `send-many c ${count} 10`)
  await host.in('reader', `recv s ${count * 10} waitall`)
}

/** A run that watches the namespace of a host, with its programs attached. */
async function started(host: Actor, args: readonly string[]): Promise<Run> {
  const run = new Run(['send', ...args, '--netns', String(host.netns)])
  await run.until(({ stdout }) => stdout.includes('\n'))
  return run
}

type Row = Record<string, unknown>

function jsonRows(stdout: string, kind?: string): Row[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
    .filter((row) => kind === undefined || row['kind'] === kind)
}

/** The only row of a `sends` or a `summary`. */
function onlyRow(object: Row | undefined): Row {
  const rows = object?.['rows'] as Row[]
  assert.equal(rows.length, 1)
  return rows[0]!
}

function isBetween(value: unknown, least: number, most: number): void {
  assert.ok(typeof value === 'number' && value >= least && value <= most, `${String(value)}: ${least} to ${most}`)
}

/** Everything is accounted for; what others on this machine send is filtered. */
function assertBook(summary: Row | undefined, { delivered }: { delivered: number }): void {
  const [book, ...rest] = (summary?.['books'] ?? []) as { filtered: number }[]
  const filtered = book?.filtered ?? 0
  const exact = { signal: 'send', attempted: delivered + filtered, delivered, lost: 0, filtered, invalid: 0 }
  assert.deepEqual([book, ...rest], [exact])
}

const header = 'PID COMM SERVICE CONTAINER PROTO COUNT BYTES P50_MS P95_MS P99_MS MAX_MS BLOCKED_% EAGAIN'.split(' ')

function cells(text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
}

test('send --json: every call is counted once, by process; the books last', async () => {
  const { host } = await connected()
  await using _ = host
  using run = await started(host, ['--json', '--interval', '200ms'])
  await sendQuickly(host, 100)
  await run.until(({ stdout }) => stdout.includes('"count":100,'))
  run.kill('SIGINT')
  const { exitCode, stdout } = await run.ended()
  assert.equal(exitCode, 0)
  const objects = jsonRows(stdout)
  assert.equal(objects[0]?.['kind'], 'start')
  const sends = objects.find(({ kind, rows }) => kind === 'sends' && (rows as Row[])[0]?.['count'] === 100)
  assert.equal(sends?.['windowMs'], 10_000)
  const { p50Us, p95Us, p99Us, maxUs, sendUs, cgroup, ...exact } = onlyRow(sends)
  assert.match(String(cgroup), /^\//)
  for (const value of [p50Us, p95Us, p99Us, maxUs, sendUs]) isBetween(value, 0.001, 1e6)
  assert.deepEqual(exact, {
    pid: host.pid,
    comm: 'actor',
    service: 'actor',
    protocol: 'tcp',
    count: 100,
    bytes: 1000,
    blockedUs: 0,
    blockedShare: 0,
    wouldBlocks: 0,
    zeroWindows: 0,
  })
  const summary = objects.at(-1)
  assert.equal(summary?.['kind'], 'summary')
  assert.equal(onlyRow(summary)['count'], 100)
  assertBook(summary, { delivered: 100 })
})

test('send piped: one header, each row with its time; sums and books on standard error', async () => {
  const { host } = await connected()
  await using _ = host
  using run = await started(host, ['--interval', '200ms', '--count', '3'])
  const { elapsedMs } = await sendBlocked(host)
  const { exitCode, stdout, stderr } = await run.ended()
  assert.equal(exitCode, 0)
  const [head, ...rows] = cells(stdout)
  assert.deepEqual(head, ['TIME', ...header])
  for (const row of rows) {
    assert.match(row[0] ?? '', /^\d\d:\d\d:\d\d\.\d{3}$/)
    assert.deepEqual(row.slice(1, 8), [String(host.pid), 'actor', 'actor', '-', 'tcp', '1', String(bigBytes)])
  }
  const [sumHeader, sum = []] = cells(stderr)
  assert.deepEqual(sumHeader, header)
  assert.deepEqual(sum.slice(0, 7), [String(host.pid), 'actor', 'actor', '-', 'tcp', '1', String(bigBytes)])
  // Of the whole run, so the maximum is exact.
  isBetween(Number(sum[10]), 200, elapsedMs)
  assert.match(stderr, /\nwirelag: .*; send \d+ = 1 delivered \+ 0 lost \+ \d+ filtered \+ 0 invalid; hooks: /)
})

test('a sender whose peer does not read for 200 ms: p95 and maximum say so, and that it was blocked', async () => {
  const { host } = await connected()
  await using _ = host
  using run = await started(host, ['--json', '--interval', '200ms', '--window', '30s'])
  const { elapsedMs } = await sendBlocked(host)
  await run.until(({ stdout }) => stdout.includes(`"bytes":${bigBytes},`))
  run.kill('SIGTERM')
  const { stdout } = await run.ended()
  const { p95Us, maxUs, blockedShare, count } = onlyRow(jsonRows(stdout, 'summary')[0])
  assert.equal(count, 1)
  isBetween(maxUs, 200_000, elapsedMs * 1000)
  isBetween(p95Us, 200_000 * 0.9375, elapsedMs * 1000 * 1.0625)
  isBetween(blockedShare, 0.98, 1)
})

test('an alert fires and is resolved, with how long it lasted', async () => {
  const { host } = await connected()
  await using _ = host
  using run = await started(host, ['--alert', '50ms', '--interval', '200ms', '--window', '1s'])
  await sendBlocked(host)
  await run.until(({ stderr }) => stderr.includes('ALERT'))
  await run.until(({ stderr }) => stderr.includes('RESOLVED'))
  run.kill('SIGINT')
  const { exitCode, stdout, stderr } = await run.ended()
  assert.equal(exitCode, 0)
  const who = `actor \\(pid ${host.pid}\\)`
  assert.match(
    stderr,
    new RegExp(
      `^wirelag: \\d\\d:\\d\\d:\\d\\d ALERT ${who}: p95 of send (19|2\\d)\\d\\.\\d ms, over 50\\.0 ms; 1 call, (99|100)\\.\\d % of`,
    ),
  )
  assert.match(
    stderr,
    new RegExp(`\\nwirelag: \\d\\d:\\d\\d:\\d\\d RESOLVED ${who}: it lasted [\\d.]+ m?s, p95 up to (19|2)`),
  )
  assert.ok(!`${stdout}${stderr}`.includes('\u001b'))
})

test('an alert that is not over at the end is told there', async () => {
  const { host } = await connected()
  await using _ = host
  using run = await started(host, ['--alert', '--interval', '200ms', '--slow', '1h'])
  await sendBlocked(host)
  await run.until(({ stderr }) => stderr.includes('ALERT'))
  run.kill('SIGINT')
  assert.match((await run.ended()).stderr, /\nwirelag: since \d\d:\d\d:\d\d, not over yet: ALERT actor/)
})

test('--once: one table, exit code 3 where a p95 is over the threshold, else 0', async () => {
  const { host } = await connected()
  await using _ = host
  using slow = await started(host, ['--once', '--window', '1500ms'])
  await sendBlocked(host)
  const ended = await slow.ended()
  assert.equal(ended.exitCode, 3)
  const [head, row, ...rest] = cells(ended.stdout)
  assert.deepEqual(head, ['TIME', ...header])
  assert.deepEqual(row?.slice(1, 8), [String(host.pid), 'actor', 'actor', '-', 'tcp', '1', String(bigBytes)])
  assert.deepEqual(rest, [])
  assert.match(ended.stderr, /^wirelag: \d\d:\d\d:\d\d ALERT actor/)

  using quick = await started(host, ['--once', '--window', '700ms', '--alert', '10s'])
  await sendQuickly(host, 5)
  const good = await quick.ended()
  assert.equal(good.exitCode, 0)
  assert.equal(cells(good.stdout)[1]?.[6], '5')
  assert.doesNotMatch(good.stderr, /ALERT/)
})

test('--once --json: start, sends, alert, summary', async () => {
  const { host } = await connected()
  await using _ = host
  using run = await started(host, ['--once', '--json', '--window', '1500ms', '--by', 'service'])
  await sendBlocked(host)
  const { exitCode, stdout } = await run.ended()
  assert.equal(exitCode, 3)
  const objects = jsonRows(stdout)
  assert.deepEqual(
    objects.map(({ kind }) => kind),
    ['start', 'sends', 'alert', 'summary'],
  )
  const { service, processes, pid } = onlyRow(objects[1])
  assert.deepEqual([service, processes, pid], ['actor', 1, undefined])
  const { state, signal, thresholdUs, windowMs, count } = objects[2] ?? {}
  assert.deepEqual([state, signal, thresholdUs, windowMs, count], ['firing', 'send', 5000, 1500, 1])
})

test('--slow: each send call that took longer, with its connection', async () => {
  const { host, port, clientPort } = await connected()
  await using _ = host
  using run = await started(host, ['--slow', '100ms', '--json', '--count', '1'])
  await sendQuickly(host, 5)
  const { elapsedMs } = await sendBlocked(host)
  const { value: tid } = await host.in('sender', 'tid')
  const { stdout } = await run.ended()
  const [row, ...rest] = jsonRows(stdout, 'send')
  assert.deepEqual(rest, [])
  const { timeUnixNs, connectionId, latencyUs, blockedUs, metZeroWindow, cgroup, ...exact } = row ?? {}
  assert.match(String(cgroup), /^\//)
  isBetween(latencyUs, 200_000, elapsedMs * 1000)
  isBetween(blockedUs, 0.98 * Number(latencyUs), Number(latencyUs))
  isBetween(connectionId, 1, Number.MAX_SAFE_INTEGER)
  isBetween(Date.now() - Number(BigInt(String(timeUnixNs)) / 1_000_000n), 0, 60_000)
  assert.ok(metZeroWindow === true || metZeroWindow === undefined)
  assert.deepEqual(exact, {
    kind: 'send',
    pid: host.pid,
    tid,
    comm: 'actor',
    uid: 0,
    service: 'actor',
    protocol: 'tcp',
    ipVersion: 4,
    localAddress: '127.0.0.1',
    localPort: clientPort,
    peerAddress: '127.0.0.1',
    peerPort: port,
    netns: host.netns,
    bytes: bigBytes,
  })
  const summary = jsonRows(stdout, 'summary')[0]
  assert.equal(onlyRow(summary)['count'], 6)
  assertBook(summary, { delivered: 1 })
})

test('--slow piped: columns, and the sums on standard error', async () => {
  const { host, port } = await connected()
  await using _ = host
  using run = await started(host, ['--slow', '100ms', '--count', '1'])
  await sendBlocked(host)
  const { stdout, stderr } = await run.ended()
  const [head, row = [], ...rest] = cells(stdout)
  assert.deepEqual(
    head,
    'TIME PID TID COMM SERVICE CONTAINER PROTO SADDR SPORT DADDR DPORT MS BLOCKED_MS BYTES DETAIL'.split(' '),
  )
  assert.deepEqual(rest, [])
  assert.deepEqual(
    [row[1], row[3], row[6], row[10], row[13]],
    [String(host.pid), 'actor', 'tcp', String(port), '200000'],
  )
  assert.deepEqual(cells(stderr)[0], header)
})

test('UDP sends are rows of their own with --udp, and are not there without', async () => {
  const { host } = await connected()
  await using _ = host
  await host.do('udp receiver 4')
  await host.do('bind receiver 127.0.0.1 5000')
  await host.do('udp u 4')
  await host.do('connect u 127.0.0.1 5000')
  const counts = async (args: string[]): Promise<unknown> => {
    using run = await started(host, ['--json', ...args])
    await sendQuickly(host, 3)
    await host.do('send u 7')
    run.kill('SIGINT')
    const { stdout } = await run.ended()
    return ((jsonRows(stdout, 'summary')[0]?.['rows'] ?? []) as Row[])
      .map(({ protocol, count, bytes }) => `${String(protocol)} ${String(count)} ${String(bytes)}`)
      .toSorted()
  }
  assert.deepEqual(await counts(['--udp']), ['tcp 3 30', 'udp 1 7'])
  assert.deepEqual(await counts([]), ['tcp 3 30'])
})

test('two processes are two rows, one service', async () => {
  const { host } = await connected()
  await using _ = host
  const rowsBy = async (by: string): Promise<Row[]> => {
    using run = await started(host, ['--json', '--by', by])
    await host.do('send c 10')
    const { value: child } = await host.do('fork send c 10')
    await host.do(`wait ${child}`)
    await host.do('recv s 20 waitall')
    run.kill('SIGINT')
    return jsonRows((await run.ended()).stdout, 'summary')[0]?.['rows'] as Row[]
  }
  assert.deepEqual(
    (await rowsBy('process')).map(({ service, count }) => [service, count]),
    [
      ['actor', 1],
      ['actor', 1],
    ],
  )
  assert.deepEqual(
    (await rowsBy('service')).map(({ service, processes, count }) => [service, processes, count]),
    [['actor', 2, 2]],
  )
})

test('-- COMMAND: only it and its children are counted, their output and exit code are kept', async () => {
  await using host = await Actor.inNewNamespace()
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; echo one >&3; echo two >&3; (echo three >&3); echo out; exit 7`
  const bystander = host.in('sender', 'send-many c 50 1')
  const nsenter = ['nsenter', '--net', `--target=${host.pid}`]
  const { exitCode, stdout, stderr } = await runToEnd(['send', '--json', '--', ...nsenter, 'bash', '-c', script])
  await bystander
  assert.deepEqual([exitCode, stdout], [7, 'out\n'])
  const rows = jsonRows(stderr, 'summary')[0]?.['rows'] as Row[]
  assert.equal(
    rows.reduce((sum, { count }) => sum + Number(count), 0),
    3,
  )
  assert.ok(rows.every(({ comm }) => comm === 'bash'))
})

/** A webhook's endpoint on the loopback interface, which keeps what it gets and may never answer. */
class Endpoint {
  readonly bodies: unknown[] = []
  readonly #server
  #onBody = (): void => {}

  constructor(answers: boolean) {
    this.#server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        this.bodies.push(JSON.parse(body))
        if (answers) response.end()
        this.#onBody()
      })
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
  }

  /** Waits until so many messages have come. */
  async received(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onBody = () => {
        if (this.bodies.length >= count) resolve()
      }
      this.#onBody()
    })
  }

  [Symbol.dispose](): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

test('--webhook gets what fires and what is resolved, as in --json', async () => {
  const { host } = await connected()
  await using _ = host
  using endpoint = new Endpoint(true)
  const url = await endpoint.listen()
  using run = await started(host, ['--json', '--webhook', url, '--interval', '200ms', '--window', '600ms'])
  await sendBlocked(host)
  await endpoint.received(2)
  run.kill('SIGINT')
  const { stdout } = await run.ended()
  assert.deepEqual(
    endpoint.bodies.map((body) => (body as Row)['state']),
    ['firing', 'resolved'],
  )
  const withoutTimes = (row: Row): Row => ({ ...row, timeUnixNs: undefined, startedUnixNs: undefined })
  assert.deepEqual(
    endpoint.bodies.map((body) => withoutTimes(body as Row)),
    jsonRows(stdout, 'alert').map(withoutTimes),
  )
  assert.deepEqual(jsonRows(stdout, 'summary')[0]?.['webhook'], { delivered: 2, failed: 0, dropped: 0 })
})

test("--webhook-format alertmanager: Alertmanager's own body; one that --once finds is delivered before the end", async () => {
  const { host } = await connected()
  await using _ = host
  using endpoint = new Endpoint(true)
  const url = await endpoint.listen()
  const options = ['--webhook', url, '--webhook-format', 'alertmanager', '--by', 'service']
  using run = await started(host, ['--once', '--window', '1500ms', ...options])
  await sendBlocked(host)
  const { exitCode, stderr } = await run.ended()
  assert.equal(exitCode, 3)
  assert.match(stderr, /\nwirelag: webhook: 1 delivered, 0 failed, 0 dropped\n$/)
  const [body] = endpoint.bodies as { labels: unknown; startsAt: string; endsAt: string; annotations: Row }[][]
  const [alert, ...rest] = body ?? []
  assert.deepEqual(rest, [])
  assert.deepEqual(alert?.labels, {
    alertname: 'WirelagSendSlow',
    host: hostname(),
    service: 'actor',
    protocol: 'tcp',
  })
  assert.equal(alert.annotations['summary'], 'actor: p95 of send over 5.000 ms')
  assert.ok(Date.parse(alert.endsAt) > Date.parse(alert.startsAt))
})

test('a webhook that hangs does not delay the end, and is told', async () => {
  const { host } = await connected()
  await using _ = host
  using endpoint = new Endpoint(false)
  const url = await endpoint.listen()
  using run = await started(host, ['--webhook', url, '--interval', '200ms'])
  await sendBlocked(host)
  await endpoint.received(1)
  const startMs = performance.now()
  run.kill('SIGINT')
  const { exitCode, stderr } = await run.ended()
  assert.equal(exitCode, 0)
  // One second of grace, and what a loaded machine takes to end; an attempt may take 5 s.
  isBetween(performance.now() - startMs, 0, 3000)
  assert.match(stderr, /\nwirelag: webhook: 0 delivered, 0 failed, 1 dropped\n$/)
})

/** For a program to have a terminal of 84 by 12; its arguments must not need quotes. */
const onTerminal = ['sh', '-c', 'exec script --quiet --command "stty cols 84 rows 12; exec $*" /dev/null', 'sh']

const escape = '\u001b'

/** The lines that a terminal shows in the end, of output without wrapped lines; colours are left in. */
function screenOf(output: string): string[] {
  const text = ['\r', `${escape}[?7l`, `${escape}[?7h`].reduce((rest, code) => rest.replaceAll(code, ''), output)
  const lines: string[] = []
  for (const [, up, line = ''] of text.matchAll(new RegExp(`${escape}\\[(\\d+)A${escape}\\[J|([^\\n]*)\\n`, 'g'))) {
    if (up === undefined) lines.push(line)
    else lines.length -= Number(up)
  }
  return lines
}

for (const [colors, prefix] of [
  ['in colour', []],
  ['without colour where NO_COLOR is set', ['env', 'NO_COLOR=1']],
] as const) {
  test(`on a terminal the table is drawn in place, alerts above it ${colors}; the sums remain`, async () => {
    const { host } = await connected()
    await using _ = host
    const args = ['--alert', '--interval', '300ms', '--count', '3', '--netns', String(host.netns)]
    using run = new Run(['send', ...args], [...prefix, ...onTerminal])
    await run.until(({ stdout }) => stdout.includes('none'))
    await sendBlocked(host)
    await run.until(({ stdout }) => stdout.includes('P95_MS'))
    const whileRunning = run.stdout
    const { exitCode, stdout } = await run.ended()
    assert.equal(exitCode, 0)
    const [alert = '', title = '', head = '', row = ''] = screenOf(whileRunning)
    const [red, plain] = prefix.length > 0 ? ['', ''] : ['\u001b[31m', '\u001b[0m']
    assert.ok(alert.startsWith(red) && alert.endsWith(plain))
    assert.match(
      alert.slice(red.length),
      /^\d\d:\d\d:\d\d ALERT actor \(pid \d+\): p95 of send (19|2\d)\d\.\d ms, over 5\.000 ms/,
    )
    assert.match(title, /^\d\d:\d\d:\d\d {2}sends of the last 10 s, worst p95 first; 1 alert$/)
    const columns = 'PID COMM SERVICE COUNT BYTES P50_MS P95_MS P99_MS MAX_MS BLOCKED_%'
    assert.deepEqual([head.trim().replaceAll(/ +/g, ' '), head.length <= 84], [columns, true])
    assert.match(row, new RegExp(`^ *${host.pid}  actor  actor +1  200 kB  `))
    // In the end: the alert, the sums, that the alert is not over, the books.
    const end = screenOf(stdout)
    assert.deepEqual([end[0], end[1]?.trim().replaceAll(/ +/g, ' ')], [alert, columns])
    assert.match(end[2] ?? '', new RegExp(`^ *${host.pid} `))
    assert.equal(end.filter((line) => line.includes('P95_MS')).length, 1)
    if (prefix.length > 0) assert.doesNotMatch(stdout, new RegExp(`${escape}\\[\\d+m`))
  })
}

const refusals: [args: string, message: string][] = [
  ['--by thread', "--by: 'thread' is none of process, service"],
  ['--interval 1ms', '--interval: 1ms is out of range: from 100ms to 10m'],
  ['--window 25h', '--window: 25h is out of range: from 100ms to 24h'],
  ['--window 5', "--window: '5' is not a duration: a number with its unit, as 5ms, 1.5s, 10m"],
  ['--interval 5s --window 1s', '--interval is longer than --window'],
  ['--slow 5', "--slow: '5' is not a duration: a number with its unit, as 5ms, 1.5s, 10m"],
  ['--alert 5', "--alert: '5' is not a duration: a number with its unit, as 5ms, 1.5s, 10m"],
  ['--slow 5ms --once', '--slow and --once exclude each other'],
  ['--webhook example.org', "--webhook: 'example.org' is not a URL that begins with http:// or https://"],
  ['--webhook http://a:b@localhost/', '--webhook: a user name or password in the URL is not supported'],
  ['--webhook', "option '--webhook <URL>' argument missing"],
  ['--webhook http://localhost/ --webhook-format xml', "--webhook-format: 'xml' is none of json, alertmanager"],
  ['--webhook-format json', '--webhook-format is of no use without --webhook'],
  ['-p x', "--pid: 'x' is neither a number nor a range"],
]

for (const [args, message] of refusals) {
  test(`usage error: wirelag send ${args}`, async () => {
    const { exitCode, stdout, stderr } = await runToEnd(['send', ...args.split(' ')])
    assert.deepEqual([exitCode, stdout, stderr], [2, '', `wirelag: ${message}\n`])
  })
}

test('--help has examples and stories', async () => {
  const { exitCode, stdout } = await runToEnd(['send', '--help'])
  assert.equal(exitCode, 0)
  for (const text of ['--alert [TIME]', '--webhook-format', 'Examples:', 'Every 15 minutes', '200 ms'])
    assert.ok(stdout.includes(text), text)
})
