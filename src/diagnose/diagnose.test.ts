import assert from 'node:assert/strict'
import { test } from 'node:test'
import { causes } from '../model/finding.ts'
import { diagnose } from './diagnose.ts'
import { diagnosisCases as cases, namespace, observation, retransmits, web } from './diagnosis-cases.ts'

for (const [cause, what, seen] of cases) {
  test(`${what}: ${cause} comes first`, () => {
    const { findings, ruledOut } = diagnose(observation(seen))
    const [first] = findings
    assert.equal(first?.cause, cause, JSON.stringify(findings.map((finding) => finding.cause)))
    assert.ok(first.evidence.length > 0 && /\d/.test(first.evidence.join(' ')), 'evidence has numbers')
    assert.ok(first.confidence > 0.5 && first.confidence <= 1 && first.weight > 0 && first.weight <= 1)
    assert.ok(!ruledOut.some((one) => one.cause === cause))
    if (
      ![
        'conntrack-full',
        'memory-pressure',
        'disk-full',
        'cpu-starvation',
        'accept-queue-overflow',
        'zero-window',
      ].includes(cause)
    )
      assert.equal(first.culprit?.pid, web.pid)
  })
}

test('on a host that is well nothing is found, and what is ruled out has its figure', () => {
  const { findings, ruledOut } = diagnose(observation())
  assert.deepEqual(findings, [])
  assert.ok(ruledOut.length >= 12, `${ruledOut.length}`)
  assert.equal(new Set(ruledOut.map(({ cause }) => cause)).size, ruledOut.length)
})

test('every cause is tested here', () => {
  const tested = new Set(cases.map(([cause]) => cause))
  assert.deepEqual(
    causes.filter((cause) => !tested.has(cause)),
    [],
  )
})

test('what this kernel does not show is not ruled out', () => {
  const unseen = [
    { signal: 'drop', title: 'dropped packets' },
    { signal: 'send', title: 'send block' },
  ]
  const well = diagnose(observation({ unseen }))
  assert.ok(!well.ruledOut.some(({ cause }) => cause === 'zero-window' || cause === 'path-queueing'))
  assert.deepEqual(
    well.unjudged.find(({ cause }) => cause === 'zero-window'),
    { cause: 'zero-window', sentence: 'this kernel does not show send block (wirelag doctor)' },
  )
  const lossy = diagnose(observation({ unseen, retransmits: [{ ...retransmits, rto: 5, stallNs: 3e9 }] }))
  assert.equal(lossy.findings[0]?.cause, 'packet-loss')
  assert.match(lossy.findings[0]?.evidence.join(' ') ?? '', /is not known: this kernel does not tell/)
  assert.ok(!lossy.ruledOut.some(({ cause }) => cause === 'local-drop'))
})

test('what was sent again and had arrived is no loss', () => {
  const seen = observation({ retransmits: [{ ...retransmits, other: 3, rto: 0 }] })
  const { netns } = retransmits.socket
  const namespaces = [
    { before: namespace({ tcpDsackRecv: 10 }, { netns }), now: namespace({ tcpDsackRecv: 13 }, { netns }) },
  ]
  assert.equal(diagnose(seen).findings[0]?.cause, 'packet-loss')
  const needless = diagnose({ ...seen, namespaces })
  assert.deepEqual(
    needless.findings.map(({ cause }) => cause).filter((cause) => cause === 'packet-loss'),
    [],
  )
  assert.equal(
    needless.ruledOut.find(({ cause }) => cause === 'packet-loss')?.sentence,
    'what was sent again had arrived, or was a single segment',
  )
})

test('a cgroup that is at its limit while tasks wait for memory is named', () => {
  const [, , seen] = cases.find(([, what]) => what === 'a cgroup at its limit') ?? []
  const [first] = diagnose(observation(seen)).findings
  assert.match(
    first?.sentence ?? '',
    /^The cgroup \/web has less memory than it needs: tasks wait for it \d+ % of the time\.$/,
  )
  assert.equal(first?.evidence[1], 'it wanted more than its limit of 16 MiB 9000 times meanwhile')
})
