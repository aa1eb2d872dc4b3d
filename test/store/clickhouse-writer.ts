/** Appends for as long as it lives, and tells what was kept; `memory`: how many bytes 500 large appends cost. */
import { createServer } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { openClickhouseStore } from '../../src/store/clickhouse/clickhouse-store.ts'
import { record } from './records.ts'
import { largeLimits } from './scratch.ts'

const [url = '', spoolFolder = '', run = ''] = process.argv.slice(2)
if (run === 'memory') await tellMemory()
else await write()

async function write(): Promise<void> {
  const store = await openClickhouseStore({ url, spoolFolder, mode: 'write', limits: largeLimits })
  for (let i = 0; ; i++) {
    await store.append(['a', 'b'].map((part) => record({ key: `${run} ${i} ${part}` })))
    process.stdout.write(`${run} ${i}\n`)
  }
}

async function tellMemory(): Promise<void> {
  const hanging = createServer().listen(Number(new URL(url).port), '127.0.0.1')
  const store = await openClickhouseStore({ url, spoolFolder, mode: 'write', limits: largeLimits })
  const append = (i: number): Promise<void> =>
    store.append(
      Array.from({ length: 200 }, (_, row) => record({ key: `${i} ${row}`, body: { text: 'x'.repeat(1000) } })),
    )
  await append(0)
  const before = await heldBytes()
  for (let i = 1; i < 500; i++) await append(i)
  process.stdout.write(String((await heldBytes()) - before), () => process.exit(0))
  hanging.unref()
}

/** Buffers that were read go in the turns after. */
async function heldBytes(): Promise<number> {
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc?.()
    await nextTurn()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
