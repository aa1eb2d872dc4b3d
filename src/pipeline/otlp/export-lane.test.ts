import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { ExportLane } from './export-lane.ts'
import { parseRetryAfterMs } from './http-transport.ts'
import { strangersText, type SendResult } from './otlp-transport.ts'

const stepMs = 500

/** When requests were made, by a clock that the test moves; what became of each stands in `results`, the last for all after it. */
async function requestTimesMs(t: TestContext, results: readonly SendResult[], untilMs: number): Promise<number[]> {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 0
  const timesMs: number[] = []
  const lane = new ExportLane({
    source: { signal: 'metrics', dropped: 0, hasMore: false, request: () => new Uint8Array(), settle: () => {} },
    transport: {
      send: () => {
        timesMs.push(nowMs)
        return Promise.resolve(results[Math.min(timesMs.length, results.length) - 1]!)
      },
      close: () => {},
    },
    intervalMs: 10_000,
    random: () => 0.5,
  })
  while (nowMs < untilMs) {
    nowMs += stepMs
    t.mock.timers.tick(stepMs)
    // What it led to ends before the clock goes on.
    await turn()
  }
  t.mock.timers.reset()
  const made = [...timesMs]
  await lane.close()
  return made
}

const taken: SendResult = { outcome: 'taken', rejected: 0, message: '' }
const failed: SendResult = { outcome: 'retry', reason: 'away' }

test('the first within an interval, then at each', async (t) => {
  assert.deepEqual(await requestTimesMs(t, [taken], 35_000), [5000, 15_000, 25_000, 35_000])
})

test('after failures further and further apart, at most 15 s; after a success at the interval again', async (t) => {
  const results = [failed, failed, failed, failed, failed, failed, taken]
  assert.deepEqual(
    await requestTimesMs(t, results, 70_000),
    [5000, 6000, 8000, 12_000, 20_000, 35_000, 50_000, 60_000, 70_000],
  )
})

test('Retry-After holds, up to 30 s', async (t) => {
  const results: SendResult[] = [3000, 100, 3_600_000].map((retryAfterMs) => ({ ...failed, retryAfterMs }))
  assert.deepEqual(await requestTimesMs(t, [...results, taken], 45_000), [5000, 8000, 10_000, 40_000])
})

test('Retry-After in seconds, as a date, or neither', () => {
  const nowUnixMs = Date.UTC(2026, 0, 1)
  assert.equal(parseRetryAfterMs('7', nowUnixMs), 7000)
  assert.equal(parseRetryAfterMs('Thu, 01 Jan 2026 00:00:20 GMT', nowUnixMs), 20_000)
  assert.equal(parseRetryAfterMs('Wed, 31 Dec 2025 23:59:59 GMT', nowUnixMs), 0)
  assert.equal(parseRetryAfterMs('soon', nowUnixMs), undefined)
  assert.equal(parseRetryAfterMs(undefined, nowUnixMs), undefined)
})

test("strangers' words: one line, short, without control characters and secrets", () => {
  const headers = { authorization: 'Bearer abcd1234', 'x-key': 'k' }
  assert.equal(strangersText(' no\u0007, abcd1234 is wrong\nmore', headers), 'no\\x07, … is wrong')
  assert.equal(strangersText('Bearer abcd1234', headers), '…')
  assert.equal(strangersText('x'.repeat(200), headers), `${'x'.repeat(120)}…`)
})
