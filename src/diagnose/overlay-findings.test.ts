import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Points } from './lagged-correlation.ts'
import { overlayFindings, trailingMaximum, type HostSeries } from './overlay-findings.ts'

const stepMs = 10_000
const steps = 40

/** Numbers from 0 to 1 that look like chance, the same each time. */
function noise(seed: number, length: number = steps): number[] {
  let state = seed
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  })
}

/** Load that comes and goes at random, 20 steps before the first one on. */
const load = noise(7, steps + 40).map((value) => (value > 0.7 ? 1 : 0))

function loaded(lag: number, scale: number, seed: number): number[] {
  return noise(seed).map((value, i) => scale * (load[i + 20 - lag]! + 0.2 * value))
}

function http(p95Ms: Points, windowMs = stepMs): { service: string; p95Ms: Points; windowMs: number } {
  return { service: 'checkout', p95Ms, windowMs }
}

const quiet: HostSeries[] = Array.from({ length: 50 }, (_, i) => ({ name: `noise ${i}`, points: noise(100 + i) }))
const cause = 'send p95 of checkout → db'

test('what the p95 follows is found among noise, with its lag', () => {
  const host = [...quiet, { name: cause, points: loaded(0, 80, 1) }]
  const { findings, unexplained } = overlayFindings({ stepMs, http: [http(loaded(1, 300, 2))], host })
  assert.deepEqual(unexplained, [])
  assert.deepEqual(
    findings.map(({ name, lagMs, steps: count }) => ({ name, lagMs, count })),
    [{ name: cause, lagMs: 10_000, count: 39 }],
  )
  assert.match(
    findings[0]!.sentence,
    /^HTTP p95 of checkout follows send p95 of checkout → db by 10 s \(r = 0\.9\d over 39 steps\)$/,
  )
  assert.ok(findings[0]!.chance < 0.01, String(findings[0]!.chance))
})

test('what goes along, and what comes after, say so', () => {
  const host = [
    { name: 'CLOSE_WAIT of checkout', points: loaded(3, 50, 4) },
    { name: 'pickup p95 of db', points: loaded(0, 20, 3) },
  ]
  const { findings } = overlayFindings({ stepMs, http: [http(loaded(0, 300, 2))], host })
  const sentences = findings.map(({ sentence }) => sentence.replace(/ \(.*/, '')).toSorted()
  assert.deepEqual(sentences, [
    'HTTP p95 of checkout moves with pickup p95 of db',
    'HTTP p95 of checkout runs ahead of CLOSE_WAIT of checkout by 30 s',
  ])
})

test('noise moves with nothing', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const p95Ms = noise(seed * 7919).map((value) => 100 * value)
    const { findings, unexplained } = overlayFindings({ stepMs, http: [http(p95Ms)], host: quiet })
    assert.deepEqual(findings, [], `seed ${seed}`)
    assert.match(
      unexplained[0]!,
      /^HTTP p95 of checkout moved from [\d.]+ to [\d.]+ ms, and nothing on this host moves with it beyond chance: 50 series over 40 steps$/,
    )
  }
})

test('a single spike that both have, and a slow drift that both have, may be chance', () => {
  const spike = (seed: number): number[] => noise(seed).map((value, i) => (i === 17 ? 50 : value))
  const drift = (seed: number): number[] => noise(seed).map((value, i) => 10 + i + value)
  for (const shape of [spike, drift]) {
    const host = [...quiet, { name: 'it', points: shape(3) }]
    const { findings, unexplained } = overlayFindings({ stepMs, http: [http(shape(9))], host })
    assert.deepEqual(findings, [])
    assert.match(
      unexplained[0]!,
      /51 series over 40 steps; closest, which may be chance, is it \(r = (0\.9\d|1\.00), .+\)$/,
    )
  }
})

test('what goes down as the p95 goes up is not told: more of a thing is worse', () => {
  const p95Ms = loaded(0, 300, 2)
  const host = [{ name: 'it', points: p95Ms.map((value) => 1000 - value) }]
  assert.deepEqual(overlayFindings({ stepMs, http: [http(p95Ms)], host }).findings, [])
})

test('a p95 of a window lags by nothing of its own', () => {
  const points = loaded(0, 80, 1)
  const p95Ms = trailingMaximum(points, 3)
  const { findings } = overlayFindings({ stepMs, http: [http(p95Ms, 3 * stepMs)], host: [{ name: cause, points }] })
  assert.deepEqual(
    findings.map(({ lagMs, pearson }) => [lagMs, pearson.toFixed(9)]),
    [[0, '1.000000000']],
  )
})

test('p95s that do not move, or are known too rarely, are told so', () => {
  const few: Points = Array.from({ length: steps }, (_, i) => (i < 19 ? i * 10 : undefined))
  const still = noise(5).map((value) => 20 + value)
  const { findings, unexplained } = overlayFindings({
    stepMs,
    http: [
      http(few),
      { ...http(still), service: 'cart' },
      { ...http([]), service: 'mail' },
      ...Array.from({ length: 7 }, (_, i) => ({ ...http(few), service: `s${i}` })),
    ],
    host: [{ name: 'it', points: still }],
  })
  assert.deepEqual(findings, [])
  assert.deepEqual(unexplained, [
    'HTTP p95 of cart did not move',
    'HTTP p95 of checkout, mail, s0, s1, s2 and 4 more is known for fewer than 20 steps, which is too few to compare',
  ])
})

test('at most three are told of a service, the closest first', () => {
  const host = Array.from({ length: 6 }, (_, i) => ({ name: `it ${i}`, points: loaded(0, 10, 50 + i) }))
  const { findings } = overlayFindings({ stepMs, http: [http(loaded(0, 300, 2))], host })
  assert.equal(findings.length, 3)
  const [a, b, c] = findings.map(({ pearson }) => pearson)
  assert.ok(a! >= b! && b! >= c!)
})
