import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { checkup } from '../../src/pipeline/checkup.ts'
import { probePoints, type PointName, type ProbePoint } from '../../src/kernel/probe-points.ts'
import { pointsOf, probeSignals } from '../../src/kernel/probe-signals.ts'
import { Watch, type WatchOptions } from '../../src/pipeline/watch.ts'
import { inNetns } from './recording.ts'

/** What one connection with one message each way comes to, by the events of each signal. */
const perConnection = { connect: 1, accept: 1, close: 2, pickup: 2 }

let host: Actor
let port: number

before(async () => {
  host = await Actor.inNewNamespace()
  port = (await host.do('listen l 127.0.0.1 0 5')).value
})
after(() => host.stop())

async function oneConnection(): Promise<void> {
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('ping-pong c s 1')
  await host.do('close c')
  await host.do('close s')
}

const options: WatchOptions = {
  signals: probeSignals,
  filter: {},
  slowNs: undefined,
  pickupRows: { overNs: 0 },
  ringBytes: 1 << 16,
}

/** What runs here when nothing is spoilt. */
const unspoilt = await Watch.start(options, {})
const programs = unspoilt.programRuns().map(({ program }) => program)
const statuses = new Map(unspoilt.signals.map(({ signal, status }) => [signal, status]))
unspoilt.close()

function pointOf(program: string): PointName {
  const found = Object.entries(probePoints).find(([, point]: [string, ProbePoint]) =>
    point.variants.some((variant) => variant.programs.includes(program)),
  )
  assert.ok(found, program)
  return found[0] as PointName
}

for (const program of programs) {
  const point = pointOf(program)
  for (const stage of ['load', 'attach'] as const) {
    const isIterator = probePoints[point].variants[0].hook === 'iterator'
    if (stage === 'attach' && isIterator) continue
    test(`${program} does not ${stage}: the rest runs, and doctor says why`, async () => {
      process.env['WIRELAG_SPOIL'] = `${stage}:${program}`
      try {
        const seen = { connect: 0, accept: 0, close: 0, pickup: 0 }
        const watch = await Watch.start(
          { ...options, filter: inNetns(host) },
          {
            onConnection: ({ kind }) => {
              if (kind === 'connect' || kind === 'accept' || kind === 'close') seen[kind]++
            },
            onPickup: () => seen.pickup++,
          },
        )
        const touched = new Set(probeSignals.filter((signal) => pointsOf([signal]).includes(point)))
        for (const { signal, status, reasons, lost } of watch.signals) {
          if (!touched.has(signal)) assert.deepEqual([signal, status], [signal, statuses.get(signal)])
          else {
            assert.notEqual(status, 'on')
            assert.ok(lost.length > 0)
            if (reasons.length > 0) assert.match(reasons.join(), new RegExp(escaped(probePoints[point].watches)))
          }
        }
        await oneConnection()
        const result = watch.stop()
        const expected = Object.fromEntries(
          Object.entries(perConnection).map(([signal, count]) => [
            signal,
            result.signals.some((entry) => entry.signal === signal && entry.status !== 'off') ? count : 0,
          ]),
        )
        assert.deepEqual(seen, expected)
      } finally {
        delete process.env['WIRELAG_SPOIL']
      }
    })
  }
}

test('a signal whose required program is spoilt is off; the others say nothing of it', () => {
  process.env['WIRELAG_SPOIL'] = 'load:connection_state_tp'
  try {
    const { signals } = checkup(1 << 16)
    const off = signals.flatMap(({ signal, status }) => (status === 'off' ? signal : []))
    assert.deepEqual(off, ['connect', 'accept', 'close', 'state'])
  } finally {
    delete process.env['WIRELAG_SPOIL']
  }
})

function escaped(text: string): string {
  return text.replaceAll(/[()]/g, String.raw`\$&`)
}
