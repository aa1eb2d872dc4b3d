import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../model/finding.ts'
import type { Observation } from '../model/observation.ts'
import type { StoredRecord } from '../model/record.ts'
import { encodeHistogram, decodeHistogram } from './edge-code.ts'
import { decoded, encoded } from './lossless-json.ts'
import { recordsOf } from './observation-records.ts'
import { recordedFindings, recordedIncidents, recordedSteps } from './recorded-steps.ts'
import { activityOf, incident, ledger, namespaceOf, owner, socket, stepOf } from './step-examples.ts'

/** As a store gives them back. */
function kept(records: readonly StoredRecord[]): StoredRecord[] {
  return JSON.parse(JSON.stringify(records)) as StoredRecord[]
}

const process = { pid: owner.pid, startNs: owner.processStartNs, comm: 'web' }

const everything: Partial<Observation> = {
  unseen: [{ signal: 'drop', title: 'dropped packets' }],
  edges: [
    activityOf(4096, [1e6, 2e6, 250e6]),
    {
      ...activityOf(1, []),
      edge: {
        process: undefined,
        protocol: 'udp',
        role: 'any',
        peerAddress: undefined,
        port: undefined,
        netns: undefined,
      },
    },
  ],
  failures: [{ owner, socket, error: 'ECONNREFUSED', count: 5, firstNs: 12 }],
  lives: [{ owner, role: 'client', socket, opened: 3, closed: 2, lifeNs: 9e9, bytes: 1000 }],
  retransmits: [{ owner, socket, syn: 1, rto: 2, other: 3, stallNs: 200e6, firstNs: 5 }],
  drops: [{ reason: 'NO_SOCKET', count: 7, owners: [owner], socket, firstNs: 1 }],
  pickups: [{ reader: owner, socket, count: 10, waitedNs: 2e9, longestNs: 210e6, firstNs: 5 }],
  exchanges: [ledger],
  threads: [{ pid: 7, tid: 8, ranNs: 1, waitedNs: 2, throttledNs: 3, spanNs: 5e9 }],
  slowTimes: [
    { timeNs: 1e9, owner, what: 'send', latencyNs: 60e6 },
    { timeNs: 2e9, owner, what: 'pickup', latencyNs: 70e6 },
    { timeNs: 3e9, owner, what: 'send', latencyNs: 80e6 },
  ],
  idleShare: 0.25,
  series: [{ process, points: [1, 2, 3].map((i) => ({ timeNs: i * 1e9, bytes: i * 100 })) }],
  states: [
    { state: 'CLOSE_WAIT', owner, netns: 1, peer: { address: '10.0.0.2', port: 5432 }, before: 5, now: 45 },
    { state: 'LISTEN', owner, netns: 1, peer: undefined, before: 1, now: 1 },
    { state: 'TIME_WAIT', owner: undefined, netns: 2, peer: undefined, before: 0, now: 9 },
  ],
  namespaces: [
    { before: namespaceOf({ inSegs: 100, listenDrops: 3 }), now: namespaceOf({ inSegs: 150, listenDrops: 3 }) },
    { before: undefined, now: { ...namespaceOf({ outSegs: 1 }), netns: 2 } },
  ],
}

test('an observation comes back as it was', () => {
  const step = stepOf(everything)
  const [back, ...others] = recordedSteps(kept(recordsOf(step)))
  assert.deepEqual(back?.observation, step.observation)
  assert.equal(others.length, 0)
  assert.deepEqual([back.host, back.startUnixMs, back.spanMs, back.steps], ['edge-07', 1_800_000_000_000, 10_000, 1])
  assert.deepEqual(back.leftOut, {})
})

test('a step in which nothing happened is one record', () => {
  const records = recordsOf(stepOf())
  assert.deepEqual(
    records.map(({ kind, timeUnixMs, spanMs }) => [kind, timeUnixMs, spanMs]),
    [['span', 1_800_000_000_000, 10_000]],
  )
  assert.deepEqual(recordedSteps(kept(records))[0]?.observation, stepOf().observation)
})

test('records are asked for by whose they are', () => {
  const [, edge] = recordsOf(stepOf({ edges: [activityOf(1, [1e6])] }))
  assert.deepEqual(
    [edge?.kind, edge?.service, edge?.container, edge?.pod, edge?.key],
    ['edge', 'web', 'shop-web-1', '', '7 123456789012 tcp client 10.0.0.2 5432 1'],
  )
})

test('an edge takes little room', () => {
  const [, edge] = recordsOf(stepOf({ edges: [activityOf(1, [1e6, 1.1e6, 250e6])] }))
  assert.ok(JSON.stringify(edge?.body).length < 600, `${JSON.stringify(edge?.body).length}`)
})

test('of very much only the most is kept, and what is left out is counted', () => {
  const slowTimes = Array.from({ length: 250 }, (_, i) => ({
    timeNs: i,
    owner,
    what: 'send' as const,
    latencyNs: 1000 + i,
  }))
  const records = recordsOf(stepOf({ slowTimes, exchanges: Array.from({ length: 60 }, () => ledger) }))
  const [step] = recordedSteps(kept(records))
  assert.deepEqual(step?.leftOut, { 'slow-time': 50, exchange: 10 })
  assert.equal(step.observation.slowTimes[0]?.latencyNs, 1050)
})

test('of many edges the busiest are apart, the others summed up by service', () => {
  const edges = Array.from({ length: 300 }, (_, i) => activityOf(i * 2 ** 20, [1e6], 100 + i))
  const [step] = recordedSteps(kept(recordsOf(stepOf({ edges }))))
  assert.deepEqual(
    step?.observation.edges.map(({ edge }) => edge.process?.pid),
    [...Array.from({ length: 200 }, (_, i) => 200 + i), 0],
  )
  const others = step.observation.edges.at(-1)
  assert.deepEqual([others?.stages.pickup.count, others?.counts.resetsReceived, step.folded], [100, 100, 100])
  assert.deepEqual(step.leftOut, {})
  const ofPeers = edges.map((one, i) => ({ ...one, edge: { ...one.edge, peerAddress: `10.1.0.${i}` } }))
  assert.deepEqual(recordedSteps(kept(recordsOf(stepOf({ edges: ofPeers }))))[0]?.leftOut, { edge: 50 })
})

test('an incident comes back with its ledger and history, to the nanosecond', () => {
  const records = recordsOf(stepOf({}, { incidents: [incident] }))
  const record = records.find(({ kind }) => kind === 'incident')
  assert.deepEqual(
    [record?.key, record?.timeUnixMs, record?.spanMs, record?.service],
    ['abc1', 1_800_000_000_123, 0, 'web'],
  )
  assert.deepEqual(recordedIncidents(kept(records)), [{ host: 'edge-07', incident }])
})

test('of what a socket did before an incident the latest is kept', () => {
  const event = incident.history!.events[0]!
  const events = Array.from({ length: 40 }, (_, i) => ({ ...event, timeNs: i }))
  const long = { ...incident, history: { ...incident.history!, events } }
  const [back] = recordedIncidents(kept(recordsOf(stepOf({}, { incidents: [long] }))))
  const { events: told = [], forgotten } = back?.incident.history ?? {}
  assert.deepEqual([told.length, told[0]?.timeNs, forgotten], [32, 8, 11])
})

function findingOf(cause: Finding['cause'], weight: number, sinceNs: number | undefined): Finding {
  const texts = { sentence: `${cause} it is`, evidence: ['5 times'], confirm: 'wirelag why', advice: 'none' }
  return { cause, culprit: process, sinceNs, confidence: 1, weight, ...texts }
}

test('a finding of several steps is one, with the time of its first and its last', () => {
  const records = [0, 1, 2].flatMap((i) =>
    recordsOf(
      stepOf(
        {},
        {
          startUnixMs: 1_800_000_000_000 + i * 10_000,
          diagnosedFromUnixMs: 1_799_999_950_000 + i * 10_000,
          diagnosis: {
            findings: [
              ...(i === 1 ? [] : [findingOf('slow-accept', 0.1 * (i + 1), 55e9)]),
              findingOf('packet-loss', 0.9, undefined),
            ],
            ruledOut: [],
            unjudged: [],
          },
        },
      ),
    ),
  )
  const found = recordedFindings(kept(records))
  assert.deepEqual(
    found.map(({ finding, fromUnixMs, untilUnixMs, sinceUnixMs, steps }) => [
      finding.cause,
      fromUnixMs - 1_800_000_000_000,
      untilUnixMs - 1_800_000_000_000,
      sinceUnixMs,
      steps,
    ]),
    [
      ['packet-loss', 0, 30_000, undefined, 3],
      ['slow-accept', 0, 30_000, 1_800_000_005_000, 2],
    ],
  )
  assert.equal(found[1]?.finding.weight, 0.1 * 3)
})

test('books of a step are in its span', () => {
  const book = { signal: 'connect' as const, attempted: 5, delivered: 3, lost: 2, filtered: 0, invalid: 0 }
  const books = [book, { ...book, signal: 'close' as const, attempted: 0, delivered: 0, lost: 0 }]
  assert.deepEqual(recordedSteps(kept(recordsOf(stepOf({}, { books }))))[0]?.books, [book])
})

test('steps of several hosts and moments are apart, in the order of time; parts without a span are nobody’s', () => {
  const records = [
    ...recordsOf(stepOf({}, { startUnixMs: 1_800_000_010_000 })),
    ...recordsOf(stepOf({}, { host: 'edge-08' })),
    ...recordsOf(stepOf({ edges: [activityOf(1, [])] }, { host: 'edge-09' })).slice(1),
  ]
  assert.deepEqual(
    recordedSteps(kept(records)).map(({ host, startUnixMs }) => [host, startUnixMs]),
    [
      ['edge-08', 1_800_000_000_000],
      ['edge-07', 1_800_000_010_000],
    ],
  )
})

test('what JSON has no word for comes back', () => {
  const value = {
    a: undefined,
    b: -5n,
    c: [NaN, Infinity, -Infinity, undefined],
    d: { e: 0.1 + 0.2 },
    f: 'null',
    g: true,
  }
  assert.deepEqual(decoded(JSON.parse(JSON.stringify(encoded(value)))), value)
})

test('a histogram takes room only for the buckets that have any', () => {
  const activity = activityOf(1, [1e6, 1e6, 250e6])
  const code = encodeHistogram(activity.stages.pickup)
  assert.deepEqual(code, [252e6, 250e6, 80, 2, 63, 1])
  assert.deepEqual(decodeHistogram(code), activity.stages.pickup)
  assert.throws(() => decodeHistogram([1, 1, 9999, 1]), RangeError)
})
