// Run by a test, which kills it: appends steps that are a day old, tells so, and rolls them up.
import { writeSync } from 'node:fs'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { addUp } from './counts-roll-up.ts'
import { record, sampleTimeUnixMs as t0 } from './records.ts'
import { largeLimits } from './scratch.ts'

const [folder = '', steps = '', keys = ''] = process.argv.slice(2)
const store = await openSqliteStore({ folder, mode: 'write', limits: largeLimits, rollUp: addUp })
const records = Array.from({ length: Number(steps) }, (_, step) =>
  Array.from({ length: Number(keys) }, (_key, key) => record({ key: `${key}`, timeUnixMs: t0 + step * 10_000 })),
)
await store.append(records.flat())
writeSync(1, 'aging\n')
await store.maintain(t0 + 2 * 86_400_000)
writeSync(1, 'aged\n')
setInterval(() => store.status(), 1000)
