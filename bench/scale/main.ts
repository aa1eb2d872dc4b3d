// `npm run scale`: what a fleet takes. With --write the tables go to docs/scale.md; --beside says what else ran meanwhile.
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { machineText } from '../machine.ts'
import { tableText } from '../table.ts'
import { advice } from './advice.ts'
import { measureHistoryBytes } from './history-bytes.ts'
import { measurePageBytes } from './page-bytes.ts'
import { measureScrapedFleet } from './scraped-fleet.ts'
import { fleetTable, historyTable, largerFleetTable, pageTable } from './tables.ts'

const { values } = parseArgs({
  options: {
    write: { type: 'boolean' },
    beside: { type: 'string' },
    hosts: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '150' },
  },
})
const run = {
  hosts: Number(values.hosts),
  intervalSeconds: 15,
  warmUpSeconds: 45,
  measuredSeconds: Number(values.seconds),
  rounds: 3,
}

const tables: string[] = []
const show = (text: string): void => {
  process.stdout.write(`${text}\n\n`)
  tables.push(text)
}

const [load = 0] = loadavg()
show(tableText(pageTable(await measurePageBytes())))
const figures = await measureScrapedFleet(run)
show(tableText(fleetTable(run, figures)))
const history = await measureHistoryBytes()
show(tableText(historyTable(history)))
show(tableText(largerFleetTable(run, figures, history)))

if (values.write) {
  const text = [
    '# Scale',
    '',
    'Written by `sudo npm run scale -- --write`; every figure is of one run on one machine. Median (least – greatest) of the rounds.',
    '',
    `${machineText()} Load average when it began: ${load.toFixed(1)}.${values.beside ? ` Beside it ran: ${values.beside}.` : ''}`,
    '',
    ...tables.flatMap((table) => [table, '']),
    advice,
  ]
  writeFileSync(new URL('../../docs/scale.md', import.meta.url), text.join('\n'))
}
