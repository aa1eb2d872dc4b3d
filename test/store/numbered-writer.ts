// Run by a test, which kills it: appends batches of records that bear the batch's number, and tells each that is kept.
import { writeSync } from 'node:fs'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { numberedBatch } from './numbered-batches.ts'
import { largeLimits } from './scratch.ts'

const [folder = '', first = ''] = process.argv.slice(2)
const store = await openSqliteStore({ folder, mode: 'write', limits: largeLimits })
for (let batch = Number(first); ; batch++) {
  await store.append(numberedBatch(batch))
  writeSync(1, `${batch}\n`)
}
