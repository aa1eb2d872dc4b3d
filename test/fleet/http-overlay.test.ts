import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import { Prometheus } from '../../lab/prometheus.ts'
import { LogLinearHistogram } from '../../src/histogram/log-linear-histogram.ts'
import { HttpOverlay, type HttpBody } from '../../src/pipeline/http-overlay.ts'
import { overlayReport } from '../../src/pipeline/overlay-series.ts'
import type { StoredRecord } from '../../src/model/record.ts'
import { recordsOf } from '../../src/store/observation-records.ts'
import { recordedSteps } from '../../src/store/recorded-steps.ts'
import { activityOf, stepOf } from '../../src/store/step-examples.ts'

/** Answers after a time that can be set, and tells Prometheus how long it took. */
class SlowServer implements AsyncDisposable {
  delayMs = 0
  readonly #edgesS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
  readonly #counts = this.#edgesS.map(() => 0)
  #count = 0
  #sumS = 0
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      if (request.url === '/metrics') return void response.end(this.#metrics())
      const startMs = performance.now()
      setTimeout(() => {
        response.end('done')
        this.#record((performance.now() - startMs) / 1000)
      }, this.delayMs)
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #record(seconds: number): void {
    for (const [i, edge] of this.#edgesS.entries()) if (seconds <= edge) this.#counts[i]!++
    this.#count++
    this.#sumS += seconds
  }

  #metrics(): string {
    const name = 'http_request_duration_seconds'
    const buckets = this.#edgesS.map(
      (edge, i) => `${name}_bucket{service="checkout",le="${edge}"} ${this.#counts[i]}\n`,
    )
    return (
      `# TYPE ${name} histogram\n${buckets.join('')}${name}_bucket{service="checkout",le="+Inf"} ${this.#count}\n` +
      `${name}_sum{service="checkout"} ${this.#sumS}\n${name}_count{service="checkout"} ${this.#count}\n`
    )
  }

  /** So many requests at once, and their replies. */
  async serve(requests: number): Promise<void> {
    const one = async (): Promise<void> => void (await (await fetch(`http://${this.address}/`)).text())
    await Promise.all(Array.from({ length: requests }, one))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const startUnixMs = 1_800_000_000_000
const stepMs = 10_000
const requests = 20
/** In which steps the service is slow; one more than there are steps. */
const isSlow = Array.from('0100110100011101001011000', (digit) => digit === '1')
const steps = isSlow.length - 1

let service: SlowServer
let prometheus: Prometheus

before(async () => {
  service = new SlowServer()
  await service.listen()
  prometheus = await Prometheus.start({ targets: [service.address], intervalMs: 100 })
  await untilValue('http_request_duration_seconds_count', 0)
})

after(async () => {
  await prometheus?.[Symbol.asyncDispose]()
  await service?.[Symbol.asyncDispose]()
})

async function untilValue(query: string, value: number): Promise<void> {
  const deadlineMs = Date.now() + 20_000
  for (;;) {
    const [sample] = await prometheus.query(query)
    if (sample?.value === value) return
    assert.ok(Date.now() < deadlineMs, `${query} is ${sample?.value}, not ${value}`)
    await sleep(20)
  }
}

function overlayWith(settings: { query?: string; prometheus?: URL } = {}): HttpOverlay {
  return new HttpOverlay({ prometheus: new URL(prometheus.url), windowMs: 1000, host: 'edge-07', ...settings })
}

/** What wirelag would have seen: sends of `web` that are slow in the step before the service is. */
function seenIn(step: number): StoredRecord[] {
  const activity = activityOf(1000, [])
  activity.stages.send = new LogLinearHistogram()
  for (let call = 0; call < 20; call++) activity.stages.send.record(isSlow[step + 1] ? 90e6 : 1e6)
  return recordsOf(stepOf({ edges: [activity] }, { startUnixMs: startUnixMs + step * stepMs }))
}

test('p95 of a real service from a real Prometheus, and what it follows', async () => {
  const overlay = overlayWith()
  const records: StoredRecord[] = []
  for (let step = 0; step < steps; step++) {
    service.delayMs = isSlow[step] ? 60 : 0
    await service.serve(requests)
    await untilValue('http_request_duration_seconds_count', (step + 1) * requests)
    overlay.onStep({ startUnixMs: startUnixMs + step * stepMs, spanMs: stepMs })
    await overlay.settled()
    records.push(...overlay.records(), ...seenIn(step))
    // The next step's p95 is not to be of this one's requests.
    await untilValue('increase(http_request_duration_seconds_count[1s])', 0)
  }
  assert.equal(overlay.notice(), undefined)
  const http = records.filter(({ kind }) => kind === 'http')
  assert.deepEqual(
    http.map(({ host, service: name, timeUnixMs, spanMs }) => [host, name, timeUnixMs, spanMs]),
    Array.from({ length: steps }, (_, step) => ['edge-07', 'checkout', startUnixMs + step * stepMs, stepMs]),
  )
  for (const [step, { body }] of http.entries()) if (isSlow[step]) assert.ok((body as HttpBody).p95Ms > 50)
  const report = overlayReport(recordedSteps(records), records)
  assert.deepEqual(report?.unexplained, [])
  assert.match(
    report.findings[0]!.sentence,
    /^HTTP p95 of checkout follows send p95 of web → 10\.0\.0\.2:5432 by 10 s \(r = (1\.00|0\.[789]\d) over 23 steps\)$/,
  )
  await overlay.close()
})

test("a query of the user's own gives seconds", async () => {
  const overlay = overlayWith({ query: 'label_replace(vector(0.25), "service", "cart", "", "")' })
  overlay.onStep({ startUnixMs, spanMs: stepMs })
  await overlay.settled()
  assert.deepEqual(
    overlay.records().map(({ service: name, body }) => [name, body]),
    [['cart', { p95Ms: 250, windowMs: 1000 }]],
  )
  assert.deepEqual([overlay.records(), overlay.notice()], [[], undefined])
})

test('fifty services at most: who was there stays, the others are told', async () => {
  const services = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => `label_replace(vector(1), "service", "s${from + i}", "", "")`).join(
      ' or ',
    )
  /** The first ten are not there at first. */
  let query = services(10, 60)
  const overlay = new HttpOverlay({
    prometheus: new URL(prometheus.url),
    host: 'edge-07',
    get query() {
      return query
    },
  })
  overlay.onStep({ startUnixMs, spanMs: stepMs })
  await overlay.settled()
  const first = overlay.records().map(({ service: name }) => name)
  assert.deepEqual([first.length, overlay.notice()], [50, undefined])
  query = services(0, 60)
  overlay.onStep({ startUnixMs: startUnixMs + stepMs, spanMs: stepMs })
  await overlay.settled()
  assert.deepEqual(
    overlay
      .records()
      .map(({ service: name }) => name)
      .toSorted(),
    first.toSorted(),
  )
  assert.equal(overlay.notice(), 'HTTP latencies of 10 more services are left out: 50 at most are recorded')
})

test('what is not there, wrong, or away is told, and goes when it is there', async () => {
  const noticeOf = async (overlay: HttpOverlay): Promise<string | undefined> => {
    overlay.onStep({ startUnixMs, spanMs: stepMs })
    await overlay.settled()
    assert.deepEqual(overlay.records(), [])
    return overlay.notice()?.replace(prometheus.url, 'URL')
  }
  assert.equal(
    await noticeOf(overlayWith({ query: 'nothing_of_that_name' })),
    "HTTP latencies are not known: URL has nothing for 'nothing_of_that_name'",
  )
  assert.match(
    (await noticeOf(overlayWith({ query: 'sum by (' })))!,
    /^HTTP latencies are not known: URL refuses: .*parse error/,
  )
  const away = new URL(`http://${service.address}/away`)
  assert.match(
    (await noticeOf(overlayWith({ prometheus: away })))!,
    /answers with done \(HTTP 200\), not as Prometheus does$/,
  )
  await using empty = await Prometheus.start({ targets: [] })
  assert.match(
    (await noticeOf(overlayWith({ prometheus: new URL(empty.url) })))!,
    /has none of the common histograms; http\.query names another$/,
  )
})
