import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { OperatorError } from '../lib/operator-error.ts'
import { FileStore } from './file-store.ts'
import { writeIncidentFile, type IncidentHeader } from './incident-file.ts'
import { recordsOf } from './observation-records.ts'
import { recordedIncidents, recordedSteps } from './recorded-steps.ts'
import { activityOf, incident, observationOf, stepOf } from './step-examples.ts'

const folder = mkdtempSync(join(tmpdir(), 'wirelag-file-'))
after(() => rmSync(folder, { recursive: true }))

const start = 1_800_000_000_000
const header: IncidentHeader = {
  kind: 'wirelag-incident',
  format: 1,
  wirelag: '0.1.0',
  hosts: ['edge-07'],
  kernel: '6.1.0',
  fromUnixMs: start,
  toUnixMs: start + 20_000,
  isRedacted: false,
}
const edges = [activityOf(5, [1e6, 2e6])]
const records = [
  ...recordsOf(stepOf({ edges }, { incidents: [incident] })),
  ...recordsOf(stepOf({}, { startUnixMs: start + 10_000 })),
]
let made = 0

async function written(): Promise<string> {
  const file = join(folder, `${++made}.wirelag`)
  await writeIncidentFile(file, header, records)
  return file
}

const all = { fromUnixMs: 0, toUnixMs: Infinity }

test('what is written is read again', async () => {
  const file = await written()
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const store = await FileStore.open(file)
  const read = await store.read(all)
  assert.deepEqual(store.file.header, header)
  assert.deepEqual(recordedSteps(read)[0]?.observation, observationOf({ edges }))
  assert.deepEqual(recordedIncidents(read), [{ host: 'edge-07', incident }])
  assert.deepEqual(await store.hosts(), [{ host: 'edge-07', firstUnixMs: start, lastUnixMs: start + 20_000 }])
  assert.deepEqual([store.file.setAside, store.file.isTorn], [0, false])
})

test('records are asked for by time, kind, whose they are and text', async () => {
  const store = await FileStore.open(await written())
  const kinds = async (query: object): Promise<string[]> =>
    (await store.read({ ...all, ...query })).map(({ kind }) => kind)
  assert.deepEqual(await kinds({ fromUnixMs: start + 10_000 }), ['span'])
  assert.deepEqual(await kinds({ fromUnixMs: start + 9999, toUnixMs: start + 10_000 }), ['span', 'edge'])
  assert.deepEqual(await kinds({ service: { include: ['w*'], exclude: [] } }), ['edge', 'incident'])
  assert.deepEqual(await kinds({ kinds: ['incident'], text: '"id":"abc1"' }), ['incident'])
  assert.deepEqual(await kinds({ hosts: ['edge-08'] }), [])
  assert.deepEqual(await kinds({ latest: 1 }), ['span'])
})

test('a file is never written over', async () => {
  const file = await written()
  await assert.rejects(writeIncidentFile(file, header, []), /it is there already/)
})

test('what is torn is read as far as it goes', async () => {
  const file = await written()
  writeFileSync(file, readFileSync(file).subarray(0, -40))
  const store = await FileStore.open(file)
  assert.equal(store.file.isTorn, true)
})

test('lines that are no records are left out and counted', async () => {
  const file = join(folder, 'odd.wirelag')
  const lines = [
    header,
    records[0],
    { kind: 'span' },
    { ...records[0], timeUnixMs: 'x' },
    { ...records[0], kind: 'new' },
  ]
  writeFileSync(file, gzipSync(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"torn`))
  const store = await FileStore.open(file)
  assert.equal(store.file.setAside, 4)
  assert.equal((await store.read(all)).length, 1)
})

const refusals: [what: string, content: Buffer][] = [
  ['an empty file', Buffer.alloc(0)],
  ['plain text', Buffer.from('hello')],
  ['another gzip', gzipSync('hello\n')],
  ['another header', gzipSync('{"kind":"other"}\n')],
  ['a newer format', gzipSync(`${JSON.stringify({ ...header, format: 2 })}\n`)],
]

for (const [what, content] of refusals)
  test(`${what} is refused`, async () => {
    const file = join(folder, 'refused.wirelag')
    writeFileSync(file, content)
    await assert.rejects(FileStore.open(file), OperatorError)
  })

test('a file that is not there is refused', async () => {
  await assert.rejects(FileStore.open(join(folder, 'none')), OperatorError)
})
