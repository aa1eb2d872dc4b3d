import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import type { Alert } from '../model/alert.ts'
import type { SendActivity } from '../model/send-activity.ts'
import { alertmanagerJson } from './alertmanager.ts'
import { sendAlertJson } from './send-activity-json.ts'

function alertOf(state: 'firing' | 'resolved', subject: Partial<SendActivity> = {}): Alert<SendActivity> {
  const histogram = new LogLinearHistogram()
  histogram.record(200e6)
  return {
    state,
    subject: {
      process: { pid: 812, startNs: 5, comm: 'nginx: worker' },
      service: 'nginx',
      protocol: 'tcp',
      processCount: 1,
      histogram,
      blockedNs: 150e6,
      bytes: 9,
      wouldBlocks: 0,
      zeroWindows: 0,
      ...subject,
    },
    key: '812 5 tcp',
    threshold: 5e6,
    startedNs: 1e9,
    changedNs: state === 'firing' ? 1e9 : 61e9,
    value: state === 'firing' ? 200e6 : undefined,
    worst: 201e6,
  }
}

const epochMs = Date.UTC(2026, 0, 2, 3, 4, 5)
const clock = { host: 'web 1', nowMs: epochMs + 70_000, unixMs: (timeNs: number) => epochMs + timeNs / 1e6 }

test("Alertmanager's body of an alert that fires: it ends by itself five minutes after", () => {
  assert.deepEqual(alertmanagerJson([alertOf('firing')], clock), [
    {
      labels: { alertname: 'WirelagSendSlow', host: 'web 1', service: 'nginx', protocol: 'tcp', pid: '812' },
      annotations: {
        summary: 'nginx (pid 812): p95 of send over 5.000 ms',
        description: 'p95 up to 201.0 ms; when it began, 1 call, 75.0 % of the time waiting for send-buffer space',
      },
      startsAt: '2026-01-02T03:04:06.000Z',
      endsAt: '2026-01-02T03:10:15.000Z',
      generatorURL: 'wirelag://web%201/send',
    },
  ])
})

test('resolved: the same labels and start, and when it ended', () => {
  const [firing] = alertmanagerJson([alertOf('firing')], clock)
  const [resolved] = alertmanagerJson([alertOf('resolved')], clock)
  assert.deepEqual([resolved?.['labels'], resolved?.['startsAt']], [firing?.['labels'], firing?.['startsAt']])
  assert.equal(resolved?.['endsAt'], '2026-01-02T03:05:06.000Z')
})

test('a service has no pid; those that found no room have no name', () => {
  const labels = (subject: Partial<SendActivity>): unknown =>
    alertmanagerJson([alertOf('firing', { process: undefined, ...subject })], clock)[0]?.['labels']
  const common = { alertname: 'WirelagSendSlow', host: 'web 1' }
  assert.deepEqual(labels({ protocol: 'udp' }), { ...common, service: 'nginx', protocol: 'udp' })
  assert.deepEqual(labels({ service: undefined }), { ...common, service: '(others)', protocol: 'tcp' })
})

test('as wirelag writes it: firing with what was measured, resolved with how long it lasted', () => {
  const json = (state: 'firing' | 'resolved'): unknown =>
    JSON.parse(JSON.stringify(sendAlertJson(alertOf(state), 10e9, 1_700_000_060_000_000_001n)))
  const common = {
    kind: 'alert',
    timeUnixNs: '1700000060000000001',
    signal: 'send',
    pid: 812,
    comm: 'nginx: worker',
    service: 'nginx',
    protocol: 'tcp',
    windowMs: 10_000,
    thresholdUs: 5000,
    worstP95Us: 201_000,
  }
  assert.deepEqual(json('firing'), {
    ...common,
    state: 'firing',
    p95Us: 200_000,
    count: 1,
    blockedShare: 0.75,
    startedUnixNs: '1700000060000000001',
  })
  assert.deepEqual(json('resolved'), {
    ...common,
    state: 'resolved',
    startedUnixNs: '1700000000000000001',
    durationUs: 60e6,
  })
})
