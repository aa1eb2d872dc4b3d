import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Alertmanager } from '../../lab/alertmanager.ts'
import { alerts } from '../../src/config/sections/alerts.ts'
import type { AlertSettings } from '../../src/model/alert-settings.ts'
import type { AgentSecond } from '../../src/pipeline/agent/agent-sink.ts'
import { Alerting } from '../../src/pipeline/alerting.ts'
import { activity, finding, second, service, sockets, step } from './agent-facts.ts'

import { Hook, until } from './hook.ts'

/** As docs/alerts.md describes it. */
interface Message {
  rule: string
  state: string
  firing: number
  resolved: number
  alerts: { subject: string; state: string }[]
}

/** As Alertmanager sends groups on. */
interface Group {
  status: string
  groupLabels: Record<string, string>
  alerts: { status: string; labels: Record<string, string> }[]
}

interface Driven extends AsyncDisposable {
  alerting: Alerting
  lines: string[]
  /** A second of the agent; what is called, at what times, is the test's. */
  second: (facts: Partial<AgentSecond>) => void
}

const manySockets = { state: 'TIME_WAIT', over: 10, resolveAfter: '1s', severity: 'page' }

/** With one rule, more than ten sockets in TIME_WAIT of a service, told at once and resolved after a second. */
function driven(receivers: Record<string, unknown>, options: { startMs?: number; rule?: object } = {}): Driven {
  const rules = {
    'send-block': 'off',
    findings: 'off',
    'many-sockets': options.rule ?? manySockets,
  }
  const lines: string[] = []
  const alerting = new Alerting({
    settings: { ...alerts.parse({ receivers, rules }), groupWaitNs: 0, groupIntervalNs: 0 },
    tell: (line) => lines.push(line),
    host: 'web1',
    delivery: { timeoutMs: 300, retryMs: 5, maxRetryMs: 50 },
  })
  let unixMs = options.startMs ?? 1_700_000_000_000
  return {
    alerting,
    lines,
    second: (facts) => alerting.onSecond(second({ unixMs: (unixMs += 1000), ...facts })),
    [Symbol.asyncDispose]: () => alerting.close(),
  }
}

function counts(counted: Record<string, number>): Partial<AgentSecond> {
  return { states: Object.entries(counted).map(([name, now]) => sockets('TIME_WAIT', service(name), now)) }
}

test('what a webhook gets: firing, then resolved', async () => {
  await using hook = new Hook<Message>()
  await using agent = driven({ pager: { webhook: (await hook.listen()).href } })
  const { alerting, lines, second: tell } = agent
  tell(counts({ web: 11, db: 10 }))
  tell(counts({ web: 30 }))
  tell(counts({ web: 8 }))
  tell(counts({ web: 7 }))
  tell(counts({ web: 6 }))
  await alerting.close()
  const common = {
    kind: 'alerts',
    host: 'web1',
    rule: 'many-sockets',
    severity: 'page',
    unit: 'sockets',
    beyond: 0,
    isRepeat: false,
  }
  const alert = {
    subject: 'web',
    labels: { service: 'web', state: 'TIME_WAIT' },
    detail: '11 sockets in TIME_WAIT',
    threshold: 10,
    startedUnixNs: '1700000001000000000',
  }
  assert.deepEqual(hook.bodies, [
    {
      ...common,
      timeUnixNs: '1700000001000000000',
      state: 'firing',
      summary: 'many-sockets: over 10 sockets in TIME_WAIT: 1 firing',
      firing: 1,
      new: 1,
      resolved: 0,
      alerts: [{ ...alert, state: 'firing', value: 11, worst: 11 }],
    },
    {
      ...common,
      timeUnixNs: '1700000005000000000',
      state: 'resolved',
      summary: 'many-sockets: over 10 sockets in TIME_WAIT: 1 resolved',
      firing: 0,
      new: 0,
      resolved: 1,
      // 8 is not yet below 80 %.
      alerts: [
        {
          ...alert,
          state: 'resolved',
          value: 6,
          worst: 30,
          resolvedUnixNs: '1700000005000000000',
          durationUs: 4_000_000,
        },
      ],
    },
  ])
  assert.deepEqual(lines, [
    'ALERT many-sockets: web: 11 sockets in TIME_WAIT',
    'RESOLVED many-sockets: web (it lasted 4.000 s)',
  ])
  assert.deepEqual(alerting.tallies(), [
    { receiver: 'pager', delivered: 2, failed: 0, dropped: 0, lastError: undefined },
  ])
})

test('durations are told in microseconds', async () => {
  await using hook = new Hook<Record<string, unknown>>()
  const rule = { stage: 'send', over: '5ms' }
  await using agent = driven({ pager: { webhook: (await hook.listen()).href } }, { rule })
  const { alerting, second: tell } = agent
  tell({ activities: [activity(service('web'), [7])] })
  await alerting.close()
  const [body] = hook.bodies
  assert.equal(body?.['unit'], 'us')
  assert.deepEqual(body?.['alerts'], [
    {
      state: 'firing',
      subject: 'web',
      labels: { service: 'web', stage: 'send', protocol: 'tcp' },
      detail: 'p95 of send 7.000 ms over 10.0 s, 1 sample',
      threshold: 5000,
      value: 7000,
      worst: 7000,
      startedUnixNs: '1700000001000000000',
    },
  ])
})

test('a rule tells only the receivers that it names', async () => {
  await using pager = new Hook<Message>()
  await using chat = new Hook<Message>()
  const receivers = { pager: { webhook: (await pager.listen()).href }, chat: { webhook: (await chat.listen()).href } }
  await using agent = driven(receivers, { rule: { ...manySockets, receivers: ['chat'] } })
  const { alerting, lines, second: tell } = agent
  tell(counts({ web: 11 }))
  await alerting.close()
  assert.deepEqual([pager.bodies.length, chat.bodies.length, lines.length], [0, 1, 0])
})

test('a receiver that is away: everything waits for it, in order, and it is said without its address', async () => {
  await using hook = new Hook<Message>()
  const url = await hook.listen()
  await hook.hangUp()
  await using agent = driven({ pager: { webhook: url.href } })
  const { alerting, second: tell } = agent
  for (let i = 0; i < 5; i++) {
    tell(counts({ web: 11 + i }))
    tell({ states: [] })
    tell({ states: [] })
  }
  await until(() => alerting.notice() !== undefined, 'a notice')
  assert.equal(alerting.notice(), "alerts: receiver 'pager' does not take alerts: ECONNREFUSED")
  await hook.listen()
  await until(() => hook.bodies.length === 10, 'ten messages')
  assert.deepEqual(
    hook.bodies.map(({ state }) => state),
    Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? 'firing' : 'resolved')),
  )
  await until(() => alerting.notice() === undefined, 'an end of the notice')
  await alerting.close()
  const [tally] = alerting.tallies()
  assert.deepEqual(tally, { receiver: 'pager', delivered: 10, failed: 0, dropped: 0, lastError: 'ECONNREFUSED' })
})

const misbehaving: [what: string, answer: (response: ServerResponse) => void, trouble: string][] = [
  ['hangs', () => {}, 'no answer within 300 ms'],
  ['answers 500', (response) => response.writeHead(500).end('x'.repeat(100_000)), 'HTTP 500'],
  ['never ends its answer', (response) => void response.writeHead(503).write('x'), 'HTTP 503'],
  ['redirects', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), 'HTTP 302'],
  ['breaks off', (response) => response.destroy(), 'UND_ERR_SOCKET'],
]

for (const [what, answer, trouble] of misbehaving) {
  test(`a receiver that ${what} costs some memory and no time; what is given up is counted; later all is well`, async () => {
    await using hook = new Hook<Message>()
    hook.answer = answer
    await using agent = driven({ pager: { webhook: (await hook.listen()).href } })
    const { alerting, second: tell } = agent
    const names = Array.from({ length: 200 }, (_, i) => `service-${i}-${'x'.repeat(200)}`)
    const many = counts(Object.fromEntries(names.map((name) => [name, 11])))
    const beforeBytes = heapBytes()
    for (let i = 0; i < 500; i++) {
      tell(many)
      tell({ states: [] })
      tell({ states: [] })
    }
    // One is under way, 64 wait.
    const dropped = 1000 - 1 - 64
    assert.deepEqual([alerting.tallies()[0]?.delivered, alerting.tallies()[0]?.dropped], [0, dropped])
    assert.ok(heapBytes() - beforeBytes < 8 * 2 ** 20, String(heapBytes() - beforeBytes))
    const notice = `receiver 'pager' does not take alerts: ${trouble}, ${dropped} messages were given up`
    await until(() => alerting.notice() === `alerts: ${notice}`, notice)
    hook.bodies.length = 0
    hook.answer = (response) => response.end()
    await until(() => alerting.tallies()[0]?.delivered === 1000 - dropped, 'all that waited')
    assert.equal(alerting.notice(), undefined)
    // The one that was under way first is the oldest; the last says how things are.
    assert.equal(hook.bodies.at(-1)?.state, 'resolved')
    await alerting.close()
  })
}

/** What is in use. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

test('the end does not wait long for a receiver that hangs', async () => {
  await using hook = new Hook<Message>()
  hook.answer = () => {}
  await using agent = driven({ pager: { webhook: (await hook.listen()).href } })
  const { alerting, second: tell } = agent
  tell(counts({ web: 11 }))
  const startMs = performance.now()
  await alerting.close()
  assert.ok(performance.now() - startMs < 5000)
  assert.equal(alerting.tallies()[0]?.dropped, 1)
})

test('a real Alertmanager that comes late: it knows what fires, groups it, sends it on, and learns what is over', async () => {
  await using hook = new Hook<Group>()
  await using alertmanager = await Alertmanager.prepare((await hook.listen()).href)
  const { alerting, second: tell } = driven(
    { am: { alertmanager: alertmanager.url } },
    { startMs: Date.now() - 20_000 },
  )
  tell(counts({ web: 11, db: 12, gone: 13 }))
  tell(counts({ web: 11, db: 12 }))
  tell(counts({ web: 11, db: 12 }))
  await until(() => alerting.notice() !== undefined, 'a notice')
  assert.equal(alerting.notice(), "alerts: receiver 'am' does not take alerts: ECONNREFUSED")
  await alertmanager.start()
  await until(async () => (await alertmanager.alerts()).length === 2, 'two alerts in its API')
  const known = (await alertmanager.alerts()).toSorted((a, b) =>
    a.annotations['summary']! < b.annotations['summary']! ? -1 : 1,
  )
  assert.deepEqual(
    known.map(({ labels, annotations, status }) => ({ labels, annotations, state: status.state })),
    [
      {
        labels: { alertname: 'many-sockets', host: 'web1', severity: 'page', service: 'db', state: 'TIME_WAIT' },
        annotations: {
          summary: 'db: over 10 sockets in TIME_WAIT',
          description: '12 sockets in TIME_WAIT; at worst 12 sockets',
        },
        state: 'active',
      },
      {
        labels: { alertname: 'many-sockets', host: 'web1', severity: 'page', service: 'web', state: 'TIME_WAIT' },
        annotations: {
          summary: 'web: over 10 sockets in TIME_WAIT',
          description: '11 sockets in TIME_WAIT; at worst 11 sockets',
        },
        state: 'active',
      },
    ],
  )
  await until(() => hook.bodies.length > 0, 'a group')
  assert.deepEqual(told(hook.bodies[0]), ['firing', { db: 'firing', gone: 'resolved', web: 'firing' }])
  tell(counts({ web: 11 }))
  tell(counts({ web: 11 }))
  await until(() => hook.bodies.length > 1, 'a change of the group')
  // What was over before may be told with it.
  assert.deepEqual(told(hook.bodies[1]), ['firing', { db: 'resolved', gone: 'resolved', web: 'firing' }])
  tell({ states: [] })
  tell({ states: [] })
  await until(() => hook.bodies.length > 2, 'the end of the group')
  const [status, { web }] = told(hook.bodies[2])
  assert.deepEqual([status, web], ['resolved', 'resolved'])
  assert.deepEqual(await alertmanager.alerts(), [])
  assert.equal(alerting.notice(), undefined)
  assert.equal(alerting.tallies()[0]?.dropped, 0)
})

/** The group's status, and that of each service in it. */
function told(group: Group | undefined): [status: string | undefined, services: Record<string, string>] {
  assert.deepEqual(group?.groupLabels, { alertname: 'many-sockets' })
  const services = group.alerts.map(({ labels, status }) => [labels['service'] ?? '', status] as const)
  return [group.status, { gone: 'resolved', ...Object.fromEntries(services) }]
}

test('Alertmanager is told again what fires, well before it would take it for over', async () => {
  await using hook = new Hook<{ labels: Record<string, string>; startsAt: string; endsAt: string }[]>()
  await using agent = driven({ am: { alertmanager: (await hook.listen()).href } })
  const { alerting, second: tell } = agent
  for (let i = 1; i <= 150; i++) {
    tell(counts({ web: 11 }))
    // Each is taken before the next second.
    const posts = 1 + Math.floor((i - 1) / 60)
    await until(() => alerting.tallies()[0]?.delivered === posts, `post ${posts}`)
  }
  await alerting.close()
  assert.deepEqual(
    hook.bodies.map(([alert]) => [alert?.startsAt, alert?.endsAt]),
    [
      ['2023-11-14T22:13:21.000Z', '2023-11-14T22:18:21.000Z'],
      ['2023-11-14T22:13:21.000Z', '2023-11-14T22:19:21.000Z'],
      ['2023-11-14T22:13:21.000Z', '2023-11-14T22:20:21.000Z'],
    ],
  )
})

test('an end is told to Alertmanager for five minutes, as its clock may be behind', async () => {
  await using hook = new Hook<{ endsAt: string }[]>()
  await using agent = driven({ am: { alertmanager: (await hook.listen()).href } })
  const { alerting, second: tell } = agent
  tell(counts({ web: 11 }))
  tell({ states: [] })
  await until(() => alerting.tallies()[0]?.delivered === 1, 'the first post')
  for (let i = 3; i <= 600; i++) {
    tell({ states: [] })
    // Each is taken before the next second.
    const posts = 2 + Math.min(5, Math.floor((i - 3) / 60))
    await until(() => alerting.tallies()[0]?.delivered === posts, `post ${posts}`)
  }
  assert.deepEqual(
    hook.bodies.map((posted) => posted.map(({ endsAt }) => endsAt.slice(14, 19))),
    [['18:21'], ...Array.from({ length: 6 }, () => ['13:23'])],
  )
})

test('other settings: what stands in both goes on, what fires by a rule that is no more is over', async () => {
  await using kept = new Hook<Message>()
  await using left = new Hook<Message>()
  const keptReceiver = { webhook: (await kept.listen()).href }
  const rule = { state: 'TIME_WAIT', over: 10 }
  const settingsOf = (others: { receivers: object; rules: object }): AlertSettings => ({
    ...alerts.parse({
      receivers: { terminal: 'off', kept: keptReceiver, ...others.receivers },
      rules: { 'send-block': 'off', findings: 'off', stays: rule, ...others.rules },
    }),
    groupWaitNs: 0,
  })
  const before = settingsOf({ receivers: { left: { webhook: (await left.listen()).href } }, rules: { goes: rule } })
  const alerting = new Alerting({ settings: before, tell: () => {}, host: 'web1' })
  const tell = (): void => alerting.onSecond(second(counts({ web: 11 })))
  tell()
  tell()
  alerting.reconfigure(settingsOf({ receivers: {}, rules: { comes: rule } }), 'web2')
  tell()
  tell()
  await alerting.close()
  const texts = ({ bodies }: Hook<Message>): string[] => bodies.map((body) => `${body.rule} ${body.state}`)
  assert.deepEqual(texts(kept), ['stays firing', 'goes firing', 'goes resolved', 'comes firing'])
  assert.deepEqual(texts(left), ['stays firing', 'goes firing', 'goes resolved'])
})

test('findings are told on the terminal by the agent itself: a rule tells them there only by name', async () => {
  await using hook = new Hook<Message>()
  await using agent = driven({ pager: { webhook: (await hook.listen()).href } }, { rule: { finding: 'any' } })
  const { alerting, lines, second: tell } = agent
  tell({})
  alerting.onStep(step({ findings: [finding('packet-loss', service('web'))] }))
  await alerting.close()
  assert.deepEqual(lines, [])
  assert.deepEqual(
    hook.bodies.map(({ alerts: [alert] }) => alert?.subject),
    ['packet-loss of web'],
  )
})
