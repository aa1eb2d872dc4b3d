// `npm run bench`: wirelag and its peer beside each other, in one run. With --write the table goes to docs/performance.md.
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { machineText } from './machine.ts'
import { fetchTcppktlat } from './peer-tcppktlat.ts'
import { measureHistogramCost } from './histogram-cost.ts'
import { measureKernelTime } from './kernel-time.ts'
import { measureMetricsPage } from './metrics-page.ts'
import { observers } from './observer.ts'
import { measureRingDrain } from './ring-drain.ts'
import { measureSocketStates } from './socket-states.ts'
import { measureStart } from './start.ts'
import { measureThroughput } from './throughput.ts'
import type { Table } from './table.ts'
import { tableText } from './table.ts'

const { values } = parseArgs({ options: { write: { type: 'boolean' }, rounds: { type: 'string', default: '5' } } })
const rounds = Number(values.rounds)

using stateFolder = mkdtempDisposableSync(join(tmpdir(), 'wirelag-bench-'))
const watching = observers(fetchTcppktlat(), stateFolder.path)
const tables: Table[] = []
for (const measure of [
  () => measureKernelTime(watching, rounds),
  () => measureThroughput(watching, 3 * rounds),
  () => measureHistogramCost(rounds),
  () => measureRingDrain(rounds),
  () => measureSocketStates(rounds),
  () => measureMetricsPage(rounds),
  () => measureStart(rounds),
]) {
  const table = await measure()
  process.stdout.write(`${tableText(table)}\n\n`)
  tables.push(table)
}

if (values.write) {
  const text = [
    '# Performance',
    '',
    'Written by `sudo npm run bench -- --write`; every figure is of one run on one machine, where the rows of a table took',
    'turns. Quote ratios, not absolute times. Median (least – greatest) of the rounds.',
    '',
    machineText(),
    '',
    ...tables.map(tableText).flatMap((table) => [table, '']),
  ]
  writeFileSync(new URL('../docs/performance.md', import.meta.url), text.join('\n'))
}
