import assert from 'node:assert/strict'
import { readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { faults } from '../../lab/faults/catalogue.ts'
import { healthyLoads } from '../../lab/healthy.ts'
import { runToEnd } from './wirelag.ts'

interface Found {
  cause: string
  pid?: number
  comm?: string
}

/** What `wirelag why` finds in the namespaces of a fault, the weightiest first. */
async function why(netns: readonly number[], duration: string): Promise<Found[]> {
  const args = ['why', '--json', '--duration', duration, '--netns', netns.join(',')]
  const { stdout, stderr } = await runToEnd(args)
  const line = stdout.split('\n').find((text) => text.startsWith('{"kind":"diagnosis"'))
  assert.ok(line, stderr)
  return (JSON.parse(line) as { findings: Found[] }).findings
}

function netnsOf(pid: number): number {
  return Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0])
}

/** Causes that who suffers from them sees, on another host than the culprit's. */
const seenByVictim = new Set(['zero-window', 'cpu-starvation'])

/** What comes again and again takes longer to see. */
function durationOf(fault: string): string {
  return fault === 'periodic-spike' ? '18s' : '6s'
}

for (const fault of faults) {
  test(`${fault.name}: ${fault.cause} is named first, with the culprit`, async () => {
    await using running = await fault.start()
    // As its host sees it: the other namespaces are other hosts.
    const { pid } = seenByVictim.has(fault.cause) ? (running.victim ?? running.culprit) : running.culprit
    const findings = await why([netnsOf(pid)], durationOf(fault.name))
    const [first] = findings
    assert.equal(first?.cause, fault.cause, JSON.stringify(findings, undefined, 1))
    if (first?.pid !== undefined) assert.deepEqual([first.pid, first.comm], [running.culprit.pid, running.culprit.comm])
  })
}

// Redis takes all the CPU that it gets: what runs beside it would lack some.
for (const names of [['redis'], ['nginx', 'idle']]) {
  test(`${names.join(' and ')}: nothing is the matter in 60 s with loads that are well`, async () => {
    await using running = new AsyncDisposableStack()
    const netns: number[] = []
    for (const load of healthyLoads.filter(({ name }) => names.includes(name)))
      netns.push(...running.use(await load.start()).netns)
    assert.equal(netns.length, 2 * names.length)
    assert.deepEqual(await why(netns, '60s'), [])
  })
}

test('every healthy load is among them', () => {
  assert.deepEqual(
    healthyLoads.map(({ name }) => name),
    ['redis', 'nginx', 'idle'],
  )
})
