import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alerts } from '../../src/config/sections/alerts.ts'
import { defaultAlertSettings } from '../../src/model/default-alerts.ts'
import type { AgentSecond, AgentStep } from '../../src/pipeline/agent/agent-sink.ts'
import { Alerting } from '../../src/pipeline/alerting.ts'
import { activity, finding, podContainer, second, service, sockets, step, survey } from './agent-facts.ts'

/** Alerts by rules as they stand in the file, told at once, and a clock that each second turns. */
class Terminal {
  /** With the second in which each was told. */
  readonly lines: string[] = []
  readonly alerting: Alerting
  #second = 0

  constructor(rules: Record<string, unknown>, others: Record<string, unknown> = {}) {
    const builtIn = { 'send-block': 'off', findings: 'off' }
    // An interval of nothing does not stand in a file: a test wants to see every change.
    const settings = {
      ...alerts.parse({ rules: { ...builtIn, ...rules }, ...others }),
      ...('groupWait' in others ? {} : { groupWaitNs: 0, groupIntervalNs: 0 }),
    }
    this.alerting = new Alerting({
      settings,
      tell: (line) => this.lines.push(`${this.#second}: ${line}`),
      host: 'web1',
    })
  }

  /** So many seconds that are all alike. */
  seconds(count: number, facts: Partial<AgentSecond> = {}): this {
    for (let i = 0; i < count; i++)
      this.alerting.onSecond(second({ unixMs: 1_700_000_000_000 + ++this.#second * 1000, ...facts }))
    return this
  }

  step(facts: Parameters<typeof step>[0]): this {
    const told: AgentStep = step(facts)
    this.alerting.onStep(told)
    return this
  }
}

const web = service('web')
const db = service('db')
const fast = Array.from({ length: 19 }, () => 1)

test('without a file: the p95 of send over 5 ms in 10 s, by service and protocol; the rest does not matter', () => {
  const lines: string[] = []
  const alerting = new Alerting({ settings: defaultAlertSettings, tell: (line) => lines.push(line) })
  let unixMs = 0
  const tell = (activities: AgentSecond['activities']): void =>
    alerting.onSecond(second({ unixMs: (unixMs += 1000), activities }))
  // One of 20 is the p95's limit: rank 19 of 20 is fast.
  tell([activity(web, [...fast, 200]), activity(db, [200], { stage: 'pickup' })])
  for (let i = 0; i < 10; i++) tell([])
  assert.deepEqual([lines, alerting.firing()[0]], [[], { rule: 'send-block', firing: 0 }])
  // Two of 20 are too many; told once the group has waited 5 s.
  tell([
    activity(web, [...fast, 200], { pid: 1 }),
    activity(web, [200], { pid: 2 }),
    activity(db, [6], { protocol: 'udp' }),
  ])
  assert.deepEqual(alerting.firing(), [
    { rule: 'send-block', firing: 2 },
    { rule: 'findings', firing: 0 },
  ])
  for (let i = 0; i < 4; i++) tell([])
  assert.deepEqual(lines, [])
  tell([])
  assert.deepEqual(lines, ['ALERT send-block: web (192.9 ms), db (udp) (6.000 ms)'])
})

test('a quantile over a window: exact while samples come and go, resolved when it was below for a while', () => {
  const rule = { stage: 'pickup', over: '5ms', window: '10s', quantile: 'max', resolveAfter: '3s' }
  const terminal = new Terminal({ reads: rule })
  const stage = 'pickup'
  terminal.seconds(5, { activities: [activity(web, [1], { stage })] })
  terminal.seconds(1, { activities: [activity(web, [7], { stage })] })
  terminal.seconds(30, { activities: [activity(web, [1], { stage })] })
  assert.deepEqual(terminal.lines, [
    '6: ALERT reads: web: max of pickup 7.000 ms over 10.0 s, 6 samples',
    // The sample of second 6 leaves the window at second 16.
    '19: RESOLVED reads: web (it lasted 13.0 s)',
  ])
})

test('the least number of samples; a window that is longer than its slots; p50, p99', () => {
  const terminal = new Terminal({
    few: { stage: 'send', over: '5ms', window: '5m', minCount: 100, quantile: 'p50' },
    worst: { stage: 'send', over: '5ms', window: '5m', minCount: 100, quantile: 'p99' },
  })
  terminal.seconds(98, { activities: [activity(web, [1])] })
  terminal.seconds(1, { activities: [activity(web, [100])] })
  assert.deepEqual(terminal.lines, [])
  terminal.seconds(1, { activities: [activity(web, [100])] })
  // Rank 99 of 100 is one of the two; a bucket's middle is told.
  assert.deepEqual(terminal.lines, ['100: ALERT worst: web: p99 of send 96.5 ms over 5 min 0 s, 100 samples'])
})

test('by container, of some only', () => {
  const terminal = new Terminal({
    r: { stage: 'send', over: '5ms', by: 'container', namespace: 'prod', pod: ['shop-*', '!shop-test'] },
  })
  const activities = [
    activity(podContainer('app', { pod: 'shop-7f', namespace: 'prod' }), [50]),
    activity(podContainer('app', { pod: 'shop-test', namespace: 'prod' }), [50]),
    activity(podContainer('app', { pod: 'shop-7f', namespace: 'dev' }), [50]),
    activity(web, [50]),
    activity(undefined, [50]),
  ]
  terminal.seconds(1, { activities })
  assert.deepEqual(terminal.lines, ['1: ALERT r: shop-7f/app: p95 of send 48.2 ms over 10.0 s, 1 sample'])
})

test('the host as a whole; what found no room in the kernel is somebody too', () => {
  const terminal = new Terminal({
    host: { stage: 'send', over: '5ms', by: 'host' },
    services: { stage: 'send', over: '5ms' },
  })
  terminal.seconds(1, { activities: [activity(web, [1]), activity(undefined, [50])] })
  assert.deepEqual(terminal.lines, [
    '1: ALERT host: this host: p95 of send 48.2 ms over 10.0 s, 2 samples',
    '1: ALERT services: (others): p95 of send 48.2 ms over 10.0 s, 1 sample',
  ])
})

test('`for`: only what stays over fires', () => {
  const terminal = new Terminal({ r: { state: 'TIME_WAIT', over: 10, for: '5s' } })
  terminal.seconds(5, { states: [sockets('TIME_WAIT', web, 11)] })
  terminal.seconds(1, { states: [sockets('TIME_WAIT', web, 10)] })
  terminal.seconds(5, { states: [sockets('TIME_WAIT', web, 11)] })
  assert.deepEqual(terminal.lines, [])
  terminal.seconds(1, { states: [sockets('TIME_WAIT', web, 12)] })
  assert.deepEqual(terminal.lines, ['12: ALERT r: web: 12 sockets in TIME_WAIT'])
})

test('counts of a state: by service and for the host; the last count holds where none was made', () => {
  const terminal = new Terminal({
    service: { state: 'TIME_WAIT', over: 20_000 },
    host: { state: 'TIME_WAIT', over: 20_000, by: 'host' },
  })
  const counts = (now: number): Partial<AgentSecond> => ({
    states: [sockets('TIME_WAIT', web, now), sockets('TIME_WAIT', undefined, 10_000), sockets('LISTEN', web, 90_000)],
  })
  terminal.seconds(1, counts(10_000)).seconds(1, counts(10_001)).seconds(1, counts(20_001)).seconds(5)
  assert.deepEqual(terminal.lines, [
    '2: ALERT host: this host: 20001 sockets in TIME_WAIT',
    '3: ALERT service: web: 20001 sockets in TIME_WAIT',
  ])
  // 80 % of the threshold is not yet good.
  terminal.seconds(60, counts(16_000))
  assert.equal(terminal.lines.length, 2)
  terminal.seconds(30, counts(5999))
  assert.equal(terminal.lines.length, 2)
  terminal.seconds(1, counts(5999))
  assert.deepEqual(terminal.lines.slice(2), [
    '99: RESOLVED service: web (it lasted 1 min 36 s)',
    '99: RESOLVED host: this host (it lasted 1 min 37 s)',
  ])
})

test('a leak: CLOSE_WAIT grows over a whole window and never falls', () => {
  const terminal = new Terminal({ leak: { state: 'CLOSE_WAIT', growsBy: 20, window: '1m' } })
  // web leaks one in two seconds; db goes up and down; what was there at start is no growth.
  const counts = (i: number): Partial<AgentSecond> => ({
    states: [sockets('CLOSE_WAIT', web, 100 + Math.floor(i / 2)), sockets('CLOSE_WAIT', db, 100 + (i % 50))],
  })
  for (let i = 1; i <= 200; i++) terminal.seconds(1, counts(i))
  assert.deepEqual(terminal.lines, [
    '61: ALERT leak: web: 130 sockets in CLOSE_WAIT, 30 more than 1 min 0 s ago, and never fewer',
  ])
  // It does not grow any more: 16 within the window is still too much, the wait for an end begins below that.
  terminal.seconds(200, counts(200))
  assert.deepEqual(terminal.lines.slice(1), ['290: RESOLVED leak: web (it lasted 3 min 49 s)'])
})

test('a leak that begins from nothing is seen, a fall begins the window anew', () => {
  const terminal = new Terminal({ leak: { state: 'CLOSE_WAIT', growsBy: 20, window: '10s' } })
  terminal.seconds(1, { states: [] })
  const counts = [10, 20, 30, 40, 39, 39, 39, 39, 39, 39, 45, 50, 55, 58, 60]
  for (const now of counts) terminal.seconds(1, { states: [sockets('CLOSE_WAIT', web, now)] })
  // Of second 6, the fall, to second 16.
  assert.deepEqual(terminal.lines, [
    '16: ALERT leak: web: 60 sockets in CLOSE_WAIT, 21 more than 10.0 s ago, and never fewer',
  ])
})

test('events that wirelag lost, of all signals or of some', () => {
  const book = { attempted: 100, delivered: 0, filtered: 0, invalid: 0 }
  const lost = (pickup: number, send: number): Partial<AgentSecond> => ({
    books: [
      { ...book, signal: 'pickup', lost: pickup },
      { ...book, signal: 'send', lost: send },
    ],
  })
  const terminal = new Terminal({
    any: { lost: 'any', resolveAfter: '5s' },
    sends: { lost: 'send', over: 10, window: '10s', resolveAfter: '5s' },
  })
  // What was lost before it looked is not told.
  terminal.seconds(5, lost(70, 5)).seconds(1, lost(72, 15)).seconds(1, lost(72, 16)).seconds(100, lost(72, 16))
  assert.deepEqual(terminal.lines, [
    '6: ALERT any: send (10 events), pickup (2 events)',
    '7: ALERT sends: send: wirelag lost 11 events of the signal send within 10.0 s',
    '21: RESOLVED sends: send (it lasted 14.0 s)',
    '71: RESOLVED any: pickup (it lasted 1 min 5 s); 1 told before fires still',
    '72: RESOLVED any: send (it lasted 1 min 6 s)',
  ])
})

test('connection tracking that is nearly full, in each namespace', () => {
  const terminal = new Terminal({ conntrack: { conntrack: '80%', resolveAfter: '5s' } })
  terminal.seconds(1).step({ survey: survey({ netns: 1, count: 80, max: 100 }, { netns: 2, count: 81, max: 100 }) })
  terminal.seconds(10).step({}).seconds(10)
  assert.deepEqual(terminal.lines, [
    '1: ALERT conntrack: network namespace 2: connection tracking is 81.0 % full: 81 flows of 100',
  ])
  terminal.step({ survey: survey({ netns: 2, count: 63, max: 100 }) }).seconds(5)
  assert.deepEqual(terminal.lines.slice(1), ['26: RESOLVED conntrack: network namespace 2 (it lasted 25.0 s)'])
})

test('findings: any, or some causes of somebody, when sure enough; processes of one service are one', () => {
  const terminal = new Terminal({
    any: { finding: 'any', receivers: 'terminal' },
    leaks: { finding: 'close-wait-leak', service: 'web', minConfidence: '95%', receivers: 'terminal' },
  })
  const findings = [
    finding('close-wait-leak', web, 0.95),
    finding('close-wait-leak', web, 0.5),
    finding('close-wait-leak', db, 0.99),
    finding('conntrack-full', undefined, 0.5),
    finding('packet-loss', web, 0.49),
  ]
  terminal.seconds(1).step({ findings })
  assert.deepEqual(terminal.lines, [
    '1: ALERT any: db has close-wait-leak., web has close-wait-leak., The host has conntrack-full.',
    '1: ALERT leaks: web has close-wait-leak.',
  ])
  // Not found once: it may be again.
  terminal.seconds(10).step({}).seconds(10).step({ findings }).seconds(10)
  assert.equal(terminal.lines.length, 2)
  terminal.step({}).seconds(30)
  assert.deepEqual(terminal.lines.slice(2), [
    '61: RESOLVED any: close-wait-leak of web (it lasted 1 min 0 s), close-wait-leak of db (it lasted 1 min 0 s), conntrack-full (it lasted 1 min 0 s)',
    '61: RESOLVED leaks: close-wait-leak of web (it lasted 1 min 0 s)',
  ])
})

test('one message for all that fire within the wait, not more than one in an interval, and again after a while', () => {
  const rules = { r: { state: 'TIME_WAIT', over: 10, resolveAfter: '1s' } }
  const terminal = new Terminal(rules, { groupWait: '5s', groupInterval: '1m', repeat: '10m' })
  const counts = (...names: string[]): Partial<AgentSecond> => ({
    states: names.map((name) => sockets('TIME_WAIT', service(name), 11)),
  })
  terminal
    .seconds(1, counts('a'))
    .seconds(1, counts('a', 'b'))
    .seconds(10, counts('a', 'b', 'c'))
  assert.deepEqual(terminal.lines, ['6: ALERT r: a (11 sockets), b (11 sockets), c (11 sockets)'])
  // A storm: b comes and goes each two seconds for ten minutes.
  for (let i = 0; i < 150; i++) terminal.seconds(2, counts('a', 'c')).seconds(2, counts('a', 'b', 'c'))
  assert.equal(terminal.lines.length, 1 + 10)
  terminal.seconds(3, counts('a')).seconds(660, counts('a'))
  assert.deepEqual(terminal.lines.slice(11), [
    '666: RESOLVED r: b (it lasted 3.000 s), c (it lasted 10 min 11 s); 1 told before fires still',
    '1266: STILL ALERT r: a (11 sockets)',
  ])
})

test('what waits for others is told at the end', async () => {
  const terminal = new Terminal({ r: { state: 'TIME_WAIT', over: 10 } }, { groupWait: '5s' })
  terminal.seconds(1, { states: [sockets('TIME_WAIT', web, 11)] })
  assert.deepEqual(terminal.lines, [])
  await terminal.alerting.close()
  assert.deepEqual(terminal.lines, ['1: ALERT r: web: 11 sockets in TIME_WAIT'])
})

test('a clock that is set back ends nothing', async () => {
  const settings = {
    ...alerts.parse({ rules: { r: { state: 'TIME_WAIT', over: 10 } }, receivers: {} }),
    groupWaitNs: 0,
  }
  const alerting = new Alerting({ settings, tell: () => {} })
  // A second that is told late, and one in which the clock was set an hour back.
  for (const unixMs of [1_000_000, 1_001_400, 1_002_000, 1_003_000 - 3_600_000])
    alerting.onSecond(second({ unixMs, states: [sockets('TIME_WAIT', web, 11)] }))
  assert.deepEqual(alerting.firing().at(-1), { rule: 'r', firing: 1 })
  await alerting.close()
})

test('more subjects than fit: the worst are named, the rest is counted; nothing grows without a bound', async () => {
  const terminal = new Terminal({ r: { stage: 'send', over: '5ms' } })
  const activities = Array.from({ length: 1500 }, (_, i) => activity(service(`s${i}`), [i < 1000 ? 10 : 20]))
  terminal.seconds(1, { activities })
  assert.deepEqual(terminal.alerting.firing(), [{ rule: 'r', firing: 200 }])
  assert.equal(terminal.alerting.notice(), "alerts: rule 'r' has more subjects than it can follow")
  // 500 found no window, 800 of those that have one no place.
  assert.match(terminal.lines[0]!, /^1: ALERT r: s0 \(\S+ ms\), .* and 195 more; and 1300 more that are not followed$/)
  terminal.seconds(40)
  assert.equal(terminal.alerting.notice(), undefined)
  assert.deepEqual(terminal.alerting.firing(), [{ rule: 'r', firing: 0 }])
  await terminal.alerting.close()
})

test('names of strangers do not reach the terminal as they are', () => {
  const terminal = new Terminal({ r: { stage: 'send', over: '5ms' } })
  terminal.seconds(1, { activities: [activity(service('a\u001b[2J\nALERT b'), [50])] })
  assert.match(terminal.lines[0]!, /^1: ALERT r: a\\x1b\[2J\\x0aALERT b: p95/)
})
