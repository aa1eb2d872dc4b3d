import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { recordKinds, type StoredRecord } from '../../src/model/record.ts'
import type { RecordQuery, Store, StoreLimits } from '../../src/store/store.ts'
import { record, sampleTimeUnixMs as t0 } from './records.ts'

/** An empty store to try, and others of the same history. */
export interface FreshStore {
  store: Store
  /** One that reads the same. */
  openReader: () => Promise<Store>
  /** The same anew, once `store` was closed. */
  openAgain: () => Promise<Store>
  /** Waits until all that was appended can be read, where that takes a moment. */
  settled?: () => Promise<void>
}

/** Makes an empty store, which ends with the test. */
export type StoreFactory = (t: TestContext, limits: StoreLimits) => Promise<FreshStore>

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const stepMs = 10_000
const limits: StoreLimits = { maxBytes: 2 ** 30, maxAgeMs: 7 * dayMs }

/** Registers what every implementation of `Store` must do. */
export function testStore(name: string, fresh: StoreFactory): void {
  const check = (what: string, run: (opened: OpenedStore, t: TestContext) => Promise<void>): void => {
    test(`${name}: ${what}`, async (t) => run(new OpenedStore(await fresh(t, limits)), t))
  }

  check('a new one holds nothing, and records', async (opened) => {
    assert.deepEqual(await opened.read({}), [])
    assert.deepEqual(await opened.store.hosts(), [])
    const { state, reason, droppedRecords, setAside, spooledBytes } = opened.store.status()
    assert.deepEqual([state, reason, droppedRecords, setAside, spooledBytes], ['recording', undefined, 0, 0, 0])
  })

  check('records come back as they were', async (opened) => {
    const records = [
      ...recordKinds.map((kind, i) => record({ kind, timeUnixMs: t0 + i, key: `of ${kind}` })),
      ...bodies.map((body, i) => record({ timeUnixMs: t0 + 100 + i, body })),
      ...texts.map((text, i) =>
        record({
          timeUnixMs: t0 + 200 + i,
          host: `h${text}`,
          service: `s${text}`,
          container: `c${text}`,
          pod: `p${text}`,
          namespace: `n${text}`,
          key: `k${text}`,
          body: { [text]: text },
        }),
      ),
      record({ timeUnixMs: t0 + 300, host: '', service: '', container: '', pod: '', namespace: '', key: '' }),
      record({ timeUnixMs: t0 + 301, spanMs: 0, kind: 'incident' }),
      record({ timeUnixMs: t0 + 302, spanMs: 600_000 }),
    ]
    await opened.append(records)
    assert.deepEqual(await opened.read({}), records)
  })

  check('nothing is appended by an empty append', async (opened) => {
    await opened.append([])
    assert.deepEqual(await opened.read({}), [])
    assert.equal(opened.store.status().droppedRecords, 0)
  })

  check('the order is that of time, then of appending', async (opened) => {
    const late = ['late 1', 'late 2'].map((key) => record({ key, timeUnixMs: t0 + stepMs }))
    const early = ['z', 'a', 'm'].map((key) => record({ key, timeUnixMs: t0 }))
    const kinds = [record({ kind: 'span', timeUnixMs: t0 }), record({ kind: 'book', spanMs: 0, timeUnixMs: t0 })]
    await opened.append(late)
    await opened.append(early)
    await opened.append(kinds)
    assert.deepEqual(await opened.read({}), [...early, ...kinds, ...late])
  })

  check('the same twice, appended by two, is there twice', async (opened) => {
    const loss = record({ kind: 'book', spanMs: 0, key: 'pickup' })
    await opened.append([loss, loss])
    assert.deepEqual(await opened.read({}), [loss, loss])
  })

  check('appends that are not waited for are all kept, in their order', async (opened) => {
    const batches = Array.from({ length: 20 }, (_, i) => [record({ key: `${i} a` }), record({ key: `${i} b` })])
    await Promise.all(batches.map((batch) => opened.store.append(batch)))
    assert.deepEqual(await opened.read({}), batches.flat())
  })

  check('a time is asked for: spans that overlap it, moments that are in it', async (opened) => {
    const step = record({ key: 'step', timeUnixMs: t0, spanMs: stepMs })
    const minute = record({ key: 'minute', timeUnixMs: t0, spanMs: 60_000 })
    const moment = record({ key: 'moment', timeUnixMs: t0, spanMs: 0, kind: 'incident' })
    await opened.append([step, minute, moment])
    const cases: [fromMs: number, toMs: number, keys: string[]][] = [
      [0, 1, ['step', 'minute', 'moment']],
      [-5, 0, []],
      [-5, 1, ['step', 'minute', 'moment']],
      [1, 2, ['step', 'minute']],
      [stepMs - 1, stepMs, ['step', 'minute']],
      [stepMs, stepMs + 1, ['minute']],
      [60_000 - 1, 60_000, ['minute']],
      [60_000, 70_000, []],
      [-stepMs, 70_000, ['step', 'minute', 'moment']],
    ]
    for (const [fromMs, toMs, keys] of cases)
      assert.deepEqual(
        await opened.keys({ fromUnixMs: t0 + fromMs, toUnixMs: t0 + toMs }),
        keys,
        `from ${fromMs} to ${toMs}`,
      )
  })

  check('kinds and hosts are asked for', async (opened) => {
    await opened.append([
      record({ kind: 'edge', host: 'a', key: '1' }),
      record({ kind: 'states', host: 'a', key: '2' }),
      record({ kind: 'finding', host: 'b', key: '3', spanMs: 0 }),
      record({ kind: 'edge', host: `b'\\`, key: '4' }),
    ])
    assert.deepEqual(await opened.keys({ kinds: ['edge'] }), ['1', '4'])
    assert.deepEqual(await opened.keys({ kinds: ['finding', 'states'] }), ['2', '3'])
    assert.deepEqual(await opened.keys({ kinds: ['http'] }), [])
    assert.deepEqual(await opened.keys({ kinds: [] }), [])
    assert.deepEqual(await opened.keys({ hosts: ['a'] }), ['1', '2'])
    assert.deepEqual(await opened.keys({ hosts: [`b'\\`, 'b'] }), ['3', '4'])
    assert.deepEqual(await opened.keys({ hosts: [] }), [])
    assert.deepEqual(await opened.keys({ hosts: ['b'], kinds: ['edge'] }), [])
  })

  check('services, containers, pods and namespaces are asked for by their names', async (opened) => {
    const names = ['web', 'web-2', 'Web', 'shop_web', 'shopXweb', '50%', `it's`, 'a\\b', '']
    for (const field of ['service', 'container', 'pod', 'namespace'] as const) {
      await opened.append(names.map((value) => record({ key: `${field}=${value}`, host: field, [field]: value })))
      const cases: [include: string[], exclude: string[], found: string[]][] = [
        [['web'], [], ['web']],
        [['web', '50%'], [], ['web', '50%']],
        [['web*'], [], ['web', 'web-2']],
        [['*web'], [], ['web', 'shop_web', 'shopXweb']],
        [['s*_w*b'], [], ['shop_web']],
        [['shop_web'], [], ['shop_web']],
        [['5%'], [], []],
        [[`it's`], [], [`it's`]],
        [['a\\b'], [], ['a\\b']],
        [['a\\*'], [], ['a\\b']],
        [['*'], [], names.slice(0, -1)],
        [['web*'], ['*2'], ['web']],
        [[], ['*b*', '50%'], [`it's`, '']],
        [[], [], names],
      ]
      for (const [include, exclude, found] of cases)
        assert.deepEqual(
          await opened.keys({ hosts: [field], [field]: { include, exclude } }),
          found.map((value) => `${field}=${value}`),
          `${field} ${include.join()} !${exclude.join()}`,
        )
    }
  })

  check('everything that is asked for must be so', async (opened) => {
    await opened.append([
      record({ key: '1', service: 'web', namespace: 'shop' }),
      record({ key: '2', service: 'web', namespace: 'blog' }),
      record({ key: '3', service: 'db', namespace: 'shop' }),
    ])
    const service = { include: ['web'], exclude: [] }
    const namespace = { include: [], exclude: ['blog'] }
    assert.deepEqual(await opened.keys({ service, namespace }), ['1'])
    assert.deepEqual(await opened.keys({ service, kinds: ['states'] }), [])
  })

  check('a text is looked for in the JSON of the body', async (opened) => {
    await opened.append([
      record({ key: '1', body: { peer: '10.0.0.1:6379', name: `O'Brien 100%` } }),
      record({ key: '2', body: { peer: '10.0.0.1:6380', name: 'straße_9' } }),
      record({ key: '3', body: { peer: '10x0x0x1:6379', name: 'back\\slash' } }),
    ])
    const cases: [text: string, keys: string[]][] = [
      ['10.0.0.1', ['1', '2']],
      [':6379', ['1', '3']],
      [`o'brien`, []],
      [`O'Brien 100%`, ['1']],
      ['stra_e', []],
      ['straße_9', ['2']],
      ['"name":"back\\\\slash"', ['3']],
      ['', ['1', '2', '3']],
    ]
    for (const [text, keys] of cases) assert.deepEqual(await opened.keys({ text }), keys, text)
  })

  check('the latest are the last of all that were asked for', async (opened) => {
    await opened.append([1, 2, 3].map((i) => record({ key: `${i}`, timeUnixMs: t0 + i, service: 'web' })))
    await opened.append(
      [1, 2, 3].map((i) => record({ kind: 'states', key: `s${i}`, timeUnixMs: t0 + i, service: 'db' })),
    )
    assert.deepEqual(await opened.keys({ latest: 2 }), ['3', 's3'])
    assert.deepEqual(await opened.keys({ latest: 3 }), ['s2', '3', 's3'])
    assert.deepEqual(await opened.keys({ latest: 2, kinds: ['edge'] }), ['2', '3'])
    assert.deepEqual(await opened.keys({ latest: 1, service: { include: ['web'], exclude: [] } }), ['3'])
    assert.deepEqual(await opened.keys({ latest: 1, toUnixMs: t0 + 3 }), ['s2'])
    assert.equal((await opened.keys({ latest: 100 })).length, 6)
  })

  check('hosts are told, with the begin of their first record and the end of their last', async (opened) => {
    await opened.append([
      record({ host: 'b', timeUnixMs: t0 }),
      record({ host: 'a', timeUnixMs: t0 + 1 }),
      record({ host: 'b', timeUnixMs: t0 - dayMs, kind: 'incident', spanMs: 0 }),
      record({ host: 'b', timeUnixMs: t0 + 2, kind: 'states' }),
    ])
    await opened.settled()
    assert.deepEqual(await opened.store.hosts(), [
      { host: 'a', firstUnixMs: t0 + 1, lastUnixMs: t0 + 1 + stepMs },
      { host: 'b', firstUnixMs: t0 - dayMs, lastUnixMs: t0 + 2 + stepMs },
    ])
  })

  check('thousands of records are appended at once', async (opened) => {
    const records = Array.from({ length: 5000 }, (_, i) =>
      record({ timeUnixMs: t0 + i, key: `${i % 50}`, body: { i } }),
    )
    await opened.append(records)
    assert.deepEqual(await opened.read({}), records)
  })

  check('others read what one writes, while it writes', async (opened) => {
    const reader = await opened.fresh.openReader()
    try {
      assert.deepEqual(await reader.read(everything), [])
      const [one, two] = [record({ key: 'one' }), record({ key: 'two' })]
      await opened.append([one])
      await opened.settled()
      assert.deepEqual(await reader.read(everything), [one])
      await opened.append([two])
      await opened.settled()
      assert.deepEqual(await reader.read(everything), [one, two])
      assert.deepEqual(await reader.hosts(), await opened.store.hosts())
    } finally {
      await reader.close()
    }
  })

  check('what was kept is there when it is opened again', async (opened) => {
    const records = [record({ key: 'one' }), record({ key: 'two', kind: 'incident', spanMs: 0 })]
    await opened.append(records)
    await opened.settled()
    await opened.store.close()
    const again = await opened.fresh.openAgain()
    assert.deepEqual(await again.read(everything), records)
    await again.append([record({ key: 'three' })])
    await opened.settled()
    const keys = (await again.read(everything)).map(({ key }) => key)
    assert.deepEqual(keys, ['one', 'two', 'three'])
    assert.equal(again.status().setAside, 0)
  })

  check('what is too old is forgotten', async (opened) => {
    const ages = [10 * dayMs, 9 * dayMs, 5 * dayMs, hourMs, 0]
    await opened.append(ages.map((ageMs) => record({ key: `${ageMs / hourMs} h`, timeUnixMs: t0 - ageMs, spanMs: 0 })))
    await opened.settled()
    await opened.store.maintain(t0)
    await opened.settled()
    assert.deepEqual(await opened.keys({}), ['120 h', '1 h', '0 h'])
  })

  check('closing twice is closing', async (opened) => {
    await opened.append([record({})])
    await opened.store.close()
    await opened.store.close()
  })
}

const everything: RecordQuery = { fromUnixMs: 0, toUnixMs: 2 ** 42 }

/** A store, and what the cases ask of it. */
class OpenedStore {
  readonly fresh: FreshStore

  constructor(fresh: FreshStore) {
    this.fresh = fresh
  }

  get store(): Store {
    return this.fresh.store
  }

  append(records: readonly StoredRecord[]): Promise<void> {
    return this.store.append(records)
  }

  async settled(): Promise<void> {
    await this.fresh.settled?.()
  }

  async read(query: Partial<RecordQuery>): Promise<StoredRecord[]> {
    await this.settled()
    return this.store.read({ ...everything, ...query })
  }

  async keys(query: Partial<RecordQuery>): Promise<string[]> {
    return (await this.read(query)).map(({ key }) => key)
  }
}

/** What JSON can hold. */
const bodies: readonly unknown[] = [
  null,
  true,
  0,
  -1.5e-7,
  Number.MAX_SAFE_INTEGER,
  '',
  'text',
  [],
  {},
  [1, [2, [3, { four: 4 }]]],
  { nested: { null: null, list: [0.1, 1e21, -0.5] }, 'a key with "quotes"': true },
  { long: 'x'.repeat(100_000) },
  { numbers: Array.from({ length: 2000 }, (_, i) => i * 7919) },
]

/** What names can hold, each of them dear to some parser. */
const texts: readonly string[] = [
  `'; DROP TABLE record; --`,
  '"double" and `back`',
  'back\\slash\\',
  'tab\tnewline\nreturn\r',
  'escape\u001b[31m bell\u0007',
  'ünï😀 日本語',
  '%_*?[a-z]',
  '{json: [1, 2]}',
  'a'.repeat(1000),
]
