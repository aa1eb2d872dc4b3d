import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { OperatorError } from '../../lib/operator-error.ts'
import type { AlertSettings } from '../../model/alert-settings.ts'
import { readConfig } from '../config.ts'
import { defaultAlertSettings } from '../../model/default-alerts.ts'
import { alerts } from './alerts.ts'

function read(text: string): AlertSettings | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-alerts-'))
  try {
    writeFileSync(join(folder, 'c.yaml'), text)
    return readConfig(join(folder, 'c.yaml')).alerts
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const s = 1e9
const defaults = { severity: 'warning', forNs: 0, resolveShare: 0.8, receivers: undefined }
const sendBlock = {
  ...defaults,
  name: 'send-block',
  kind: 'stage',
  resolveAfterNs: 10 * s,
  stage: 'send',
  protocol: undefined,
  quantile: 'p95',
  overNs: 5e6,
  windowNs: 10 * s,
  minCount: 1,
  by: 'service',
  whose: {},
}
const findings = {
  ...defaults,
  name: 'findings',
  kind: 'finding',
  resolveAfterNs: 30 * s,
  causes: undefined,
  minConfidence: 0.5,
  whose: {},
}

test('without a word: the p95 of send over 5 ms in 10 s, and any finding, on the terminal', () => {
  const settings = {
    rules: [sendBlock, findings],
    receivers: [{ name: 'terminal', kind: 'terminal' }],
    groupWaitNs: 5 * s,
    groupIntervalNs: 60 * s,
    repeatNs: 4 * 3600 * s,
  }
  assert.deepEqual(alerts.parse({}), settings)
  assert.deepEqual(defaultAlertSettings, settings)
  assert.deepEqual(read('alerts: {}\n'), settings)
})

test('every kind of rule; those that are built in are changed by their name, or switched off', () => {
  const { rules = [] } =
    read(`
alerts:
  rules:
    send-block: { stage: send, over: 20ms, minCount: 100 }
    findings: off
    slow-reads:
      stage: pickup
      protocol: udp
      quantile: p99
      over: 1.5s
      window: 1m
      by: container
      container: [shop-*, '!shop-test']
      for: 30s
      resolveAfter: 2m
      resolveBelow: 50%
      severity: page
    leaks: { finding: [close-wait-leak, port-exhaustion], minConfidence: 90%, service: web }
    time-wait: { state: time-wait, over: 20000, by: host }
    close-wait: { state: CLOSE_WAIT, growsBy: 50, window: 5m, namespace: prod }
    lost: { lost: any }
    lost-reads: { lost: pickup, over: 1000, window: 10s }
    conntrack: { conntrack: 80% }
`) ?? {}
  assert.deepEqual(rules, [
    { ...sendBlock, overNs: 20e6, minCount: 100 },
    {
      ...sendBlock,
      name: 'slow-reads',
      stage: 'pickup',
      protocol: 'udp',
      quantile: 'p99',
      overNs: 1.5 * s,
      windowNs: 60 * s,
      by: 'container',
      whose: { container: { include: ['shop-*'], exclude: ['shop-test'] } },
      forNs: 30 * s,
      resolveAfterNs: 120 * s,
      resolveShare: 0.5,
      severity: 'page',
    },
    {
      ...findings,
      name: 'leaks',
      causes: ['close-wait-leak', 'port-exhaustion'],
      minConfidence: 0.9,
      whose: { service: { include: ['web'], exclude: [] } },
    },
    {
      ...defaults,
      name: 'time-wait',
      kind: 'state',
      resolveAfterNs: 30 * s,
      state: 'TIME_WAIT',
      over: 20_000,
      by: 'host',
      whose: {},
    },
    {
      ...defaults,
      name: 'close-wait',
      kind: 'growth',
      resolveAfterNs: 300 * s,
      state: 'CLOSE_WAIT',
      over: 50,
      windowNs: 300 * s,
      by: 'service',
      whose: { namespace: { include: ['prod'], exclude: [] } },
    },
    {
      ...defaults,
      name: 'lost',
      kind: 'loss',
      resolveAfterNs: 30 * s,
      signals: undefined,
      over: 0,
      windowNs: 60 * s,
    },
    {
      ...defaults,
      name: 'lost-reads',
      kind: 'loss',
      resolveAfterNs: 30 * s,
      signals: ['pickup'],
      over: 1000,
      windowNs: 10 * s,
    },
    { ...defaults, name: 'conntrack', kind: 'conntrack', resolveAfterNs: 30 * s, overShare: 0.8 },
  ])
})

test('receivers: the terminal unless it is off, webhooks and Alertmanagers with their headers', () => {
  const { receivers, rules } =
    read(`
alerts:
  receivers:
    terminal: off
    pager: { webhook: 'https://example.org/T0/secret', headers: { authorization: Bearer 1 } }
    am: { alertmanager: 'http://127.0.0.1:9093/am' }
  rules:
    findings: { finding: any, receivers: [am] }
`) ?? {}
  assert.deepEqual(receivers, [
    {
      name: 'pager',
      kind: 'webhook',
      url: new URL('https://example.org/T0/secret'),
      headers: { authorization: 'Bearer 1' },
    },
    { name: 'am', kind: 'alertmanager', url: new URL('http://127.0.0.1:9093/am'), headers: {} },
  ])
  assert.deepEqual(
    rules?.map((rule) => rule.receivers),
    [undefined, ['am']],
  )
})

const states =
  'LISTEN, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSE_WAIT, LAST_ACK, CLOSING, CLOSE'

/** What stands under `rules:` `r:`, a line for each, and what is wrong with it. */
const wrongRules: [lines: string[], message: string][] = [
  [['stage: recv', 'over: 5ms'], "4: alerts.rules.r.stage: 'recv' is none of handshake, acceptQueue, send, pickup"],
  [['stage: send'], '3: alerts.rules.r.over: a duration, as 20ms or 5m, is wanted'],
  [
    ['stage: send', 'over: 5'],
    "5: alerts.rules.r.over: '5' is not a duration: a number with its unit, as 5ms, 1.5s, 10m",
  ],
  [['stage: send', 'over: 5ms', 'widnow: 5s'], '6: alerts.rules.r.widnow: there is no such key'],
  [['stage: send', 'over: 5ms', 'window: 1ms'], '6: alerts.rules.r.window: 1s to 24h is wanted'],
  [['stage: send', 'over: 5ms', 'quantile: p42'], "6: alerts.rules.r.quantile: 'p42' is none of p50, p95, p99, max"],
  [['stage: send', 'over: 5ms', 'minCount: 0'], '6: alerts.rules.r.minCount: a number from 1 on is wanted'],
  [['stage: send', 'over: 5ms', 'by: pod'], "6: alerts.rules.r.by: 'pod' is none of service, container, host"],
  [
    ['stage: handshake', 'over: 5ms', 'protocol: udp'],
    '6: alerts.rules.r.protocol: UDP has only the stages send and pickup',
  ],
  [['stage: send', 'over: 5ms', 'receivers: pager'], "6: alerts.rules.r.receivers: there is no receiver 'pager'"],
  [['stage: send', 'over: 5ms', 'resolveBelow: 120%'], '6: alerts.rules.r.resolveBelow: at most 100% is wanted'],
  [['state: TIME_WIAT', 'over: 5'], `4: alerts.rules.r.state: 'TIME_WIAT' is none of ${states}`],
  [['state: TIME_WAIT', 'over: many'], '5: alerts.rules.r.over: a whole number is wanted'],
  [['state: TIME_WAIT', 'growsBy: 5', 'over: 7'], '6: alerts.rules.r.over: there is no such key'],
  [['conntrack: 80'], "4: alerts.rules.r.conntrack: '80' is not a percentage, as 5%"],
  [['conntrack: 80%', 'service: web'], '5: alerts.rules.r.service: there is no such key'],
  [['over: 5ms'], '3: alerts.rules.r: it must be off, or have one of stage, finding, state, lost, conntrack'],
]

for (const [lines, message] of wrongRules) {
  test(`a rule is refused: ${lines.join(', ')}`, () => {
    const text = `alerts:\n  rules:\n    r:\n${lines.map((line) => `      ${line}\n`).join('')}`
    assert.throws(
      () => read(text),
      (error: OperatorError) => {
        assert.equal(error.message.replace(/^.*c\.yaml:/, ''), message)
        return error.exitCode === 2
      },
    )
  })
}

/** Of what the message does not tell the end. */
const wrong: [text: string, begin: string][] = [
  ['alerts:\n  rule: {}\n', '2: alerts.rule: there is no such key'],
  ['alerts:\n  rules:\n    a: off\n    a: off\n', '4: Map keys must be unique'],
  [
    'alerts:\n  rules:\n    r: { finding: slow }\n',
    "3: alerts.rules.r.finding: 'slow' is none of any, slow-reader-busy, ",
  ],
  ['alerts:\n  rules:\n    r: { lost: reads }\n', "3: alerts.rules.r.lost: 'reads' is none of any, pending, connect, "],
  ['alerts:\n  receivers:\n    a: {}\n', '3: alerts.receivers.a: it must have one of webhook, alertmanager'],
  ['alerts:\n  receivers:\n    a: { webhok: x }\n', '3: alerts.receivers.a.webhok: there is no such key'],
  [
    'alerts:\n  receivers:\n    a:\n      webhook: hooks.example.org/SECRET\n',
    '4: alerts.receivers.a.webhook: a URL that begins with http:// or https:// is wanted',
  ],
  [
    'alerts:\n  receivers:\n    a:\n      alertmanager: http://me:SECRET@example.org\n',
    '4: alerts.receivers.a.alertmanager: a user name or password belongs in headers, as authorization, not in the URL',
  ],
  [
    'alerts:\n  receivers:\n    a:\n      webhook: http://example.org\n      headers: { "x\\ny": SECRET }\n',
    '5: alerts.receivers.a.headers',
  ],
  ['alerts:\n  groupWait: 5\n', "2: alerts.groupWait: '5' is not a duration"],
]

for (const [text, begin] of wrong) {
  test(`refused, and no secret told: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => read(text),
      (error: OperatorError) => {
        assert.equal(error.message.replace(/^.*c\.yaml:/, '').slice(0, begin.length), begin)
        assert.doesNotMatch(error.message, /SECRET/)
        return error.exitCode === 2
      },
    )
  })
}

test('the example of docs/alerts.md is right', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/alerts.md'), 'utf8')
  const { rules, receivers } = read(/```yaml\n(.*?)```/s.exec(page)?.[1] ?? '') ?? {}
  assert.deepEqual(
    rules?.map(({ name, kind }) => `${name}: ${kind}`),
    [
      'send-block: stage',
      'slow-accept: stage',
      'leaks: finding',
      'time-wait: state',
      'close-wait: growth',
      'blind: loss',
      'conntrack: conntrack',
    ],
  )
  assert.deepEqual(
    receivers?.map(({ name }) => name),
    ['terminal', 'pager', 'alertmanager'],
  )
})
