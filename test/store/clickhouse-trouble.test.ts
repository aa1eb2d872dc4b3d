import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test, type TestContext } from 'node:test'
import { clickhouseUser, ClickhouseServer } from '../../lab/clickhouse-server.ts'
import { recordKinds } from '../../src/model/record.ts'
import type { Store } from '../../src/store/store.ts'
import { arrived, openClickhouse, ScratchDatabase, until } from './clickhouse-scratch.ts'
import { record } from './records.ts'
import { everything } from './scratch.ts'

let server: ClickhouseServer
before(async () => {
  server = await ClickhouseServer.startAlone()
})
after(() => server[Symbol.asyncDispose]())

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void

/** Something before the server, which does as it is told; it ends with the test. */
class Middleman {
  behaviour: Behaviour = this.#pass.bind(this)
  readonly port: number

  private constructor(port: number) {
    this.port = port
  }

  static async start(t: TestContext): Promise<Middleman> {
    const listener = createServer((request, response) => middleman.behaviour(request, response))
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const middleman = new Middleman((listener.address() as AddressInfo).port)
    t.after(() => {
      listener.close()
      listener.closeAllConnections()
    })
    return middleman
  }

  url(database: ScratchDatabase): string {
    return database.url(server).replace(`:${server.ports.http}/`, `:${this.port}/`)
  }

  pass(): void {
    this.behaviour = this.#pass.bind(this)
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    this.forward(request, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
  }

  /** Gives a request to the server, and the server's answer to whoever wants it. */
  forward(request: IncomingMessage, onAnswer: (answer: IncomingMessage) => void): void {
    const { method, url, headers } = request
    const onward = requestHttp({ port: server.ports.http, method, path: url, headers, agent: false }, onAnswer)
    onward.on('error', () => request.destroy())
    request.pipe(onward)
  }
}

async function keysHeld({ name }: ScratchDatabase): Promise<string[]> {
  const text = await server.query(`SELECT key FROM ${name}.wirelag_record ORDER BY key FORMAT TabSeparated`)
  return text.split('\n').slice(0, -1)
}

async function spooling(store: Store): Promise<string> {
  await until('it says that it spools', () => store.status().state === 'spooling')
  return store.status().reason ?? ''
}

const misbehaviours: [name: string, reason: RegExp, behaviour: Behaviour][] = [
  ['answers 500', /: HTTP 500: out of order$/, (_, response) => response.writeHead(500).end('out of order')],
  [
    'redirects',
    /: HTTP 307, a redirect to http:\/\/127\.0\.0\.1:1\/\?…, which is not followed$/,
    (_, response) => response.writeHead(307, { location: `http://127.0.0.1:1/?${clickhouseUser.password}` }).end(),
  ],
  ['cuts connections', /: ECONNRESET$/, (request) => request.socket.resetAndDestroy()],
  ['says something else with 200', /: what answers there is no ClickHouse$/, (_, response) => response.end('<html>\n')],
  ['hangs', /: no answer (for|within) \d+ s$/, () => {}],
  [
    'answers 500 without an end',
    /: (HTTP 500: x+…|no answer)/,
    (_, response) => {
      response.writeHead(500)
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    },
  ],
]

for (const [name, reason, behaviour] of misbehaviours)
  test(`a server that ${name} holds up nobody, and gets everything once when it is well again`, async (t) => {
    const database = await ScratchDatabase.make(server)
    const middleman = await Middleman.start(t)
    middleman.behaviour = behaviour
    const store = await openClickhouse(t, middleman.url(database))
    const keys = ['1', '2', '3']
    for (const key of keys) await store.append([record({ key })])
    const said = await spooling(store)
    assert.match(said, reason)
    assert.ok(said.startsWith(`clickhouse://127.0.0.1:${middleman.port}/${database.name}: `), said)
    assert.ok(!said.includes('s3cret'), said)
    assert.ok(store.status().spooledBytes > 0)
    middleman.pass()
    await arrived([store])
    await until('nothing is the matter any more', () => store.status().state === 'recording')
    assert.deepEqual(await keysHeld(database), keys)
    assert.equal(store.status().droppedRecords, 0)
  })

test('a batch whose answer is lost is in the store once', async (t) => {
  const database = await ScratchDatabase.make(server)
  const middleman = await Middleman.start(t)
  let lost = 0
  middleman.behaviour = (request, response) => {
    middleman.forward(request, (answer) => {
      if (request.url?.includes('INSERT') === true && lost++ % 2 === 0) {
        answer.resume()
        answer.on('end', () => request.socket.resetAndDestroy())
        return
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
  }
  const store = await openClickhouse(t, middleman.url(database))
  const keys = ['1', '2', '3', '4']
  for (const key of keys) await store.append([record({ key })])
  await arrived([store])
  assert.ok(lost > 0, 'answers were lost')
  assert.deepEqual(await keysHeld(database), keys)
})

test('what is in the table twice is read once, and merged into one', async (t) => {
  const database = await ScratchDatabase.make(server)
  const store = await openClickhouse(t, database.url(server))
  const records = ['1', '2', '3'].map((key) => record({ key }))
  await store.append(records)
  await arrived([store])
  const table = `${database.name}.wirelag_record`
  await server.query(`INSERT INTO ${table} SELECT * FROM ${table}`)
  assert.deepEqual(await keysHeld(database), ['1', '1', '2', '2', '3', '3'])
  assert.deepEqual(await store.read(everything), records)
  assert.deepEqual(await store.read({ ...everything, latest: 2 }), records.slice(1))
  await server.query(`OPTIMIZE TABLE ${table} FINAL`)
  assert.deepEqual(await keysHeld(database), ['1', '2', '3'])
})

test('a server that is killed while it inserts gets everything once', async (t) => {
  const own = await ClickhouseServer.startAlone()
  t.after(() => own[Symbol.asyncDispose]())
  const database = await ScratchDatabase.make(own)
  const store = await openClickhouse(t, database.url(own))
  const keys: string[] = []
  for (let round = 0; round < 5; round++) {
    const appended = Array.from({ length: 10 }, (_, i) => record({ key: `${round} ${i}` }))
    const appends = appended.map((one) => store.append([one]))
    await until('some are under way', () => store.status().spooledBytes > 0)
    await own.kill()
    await Promise.all(appends)
    keys.push(...appended.map(({ key }) => key))
    await own.start()
  }
  await arrived([store])
  assert.deepEqual(
    (await store.read(everything)).map(({ key }) => key),
    keys,
  )
})

test('no text breaks out of the SQL', async (t) => {
  const database = await ScratchDatabase.make(server)
  const store = await openClickhouse(t, database.url(server))
  const texts = [
    `') OR 1 = 1 --`,
    `\\') OR 1 = 1 --`,
    `'; DROP TABLE ${database.name}.wirelag_record; --`,
    'NUL \0 in it',
    '\0',
    '\\',
    '\\N',
    `\t\n\r\b\f`,
    'a\u2028b',
    '%',
    '\ufffd',
  ]
  const records = texts.map((text) =>
    record({
      host: text,
      service: text,
      container: text,
      pod: text,
      namespace: text,
      key: text,
      body: { [text]: text },
    }),
  )
  await store.append([record({ key: 'other', host: 'other', service: 'other' }), ...records])
  await arrived([store])
  for (const [i, text] of texts.entries()) {
    const choice = { include: [text], exclude: [] }
    const named = { service: choice, container: choice, pod: choice, namespace: choice }
    assert.deepEqual(await store.read({ ...everything, hosts: [text], ...named }), [records[i]], JSON.stringify(text))
    const begins = { include: [`${text}*`], exclude: [] }
    assert.deepEqual((await store.read({ ...everything, service: begins })).length, text === '\\' ? 3 : 1)
    assert.equal((await store.read({ ...everything, text: `${text} nowhere` })).length, 0)
  }
  assert.equal((await store.read(everything)).length, texts.length + 1)
})

test('half of a character pair is kept as the replacement character, and is no trouble to any filter', async (t) => {
  const database = await ScratchDatabase.make(server)
  const store = await openClickhouse(t, database.url(server))
  const half = 'x\ud83d'
  await store.append([record({ service: half, body: { half } })])
  await arrived([store])
  const service = { include: [half], exclude: [] }
  assert.deepEqual(await store.read({ ...everything, service }), [record({ service: 'x\ufffd', body: { half } })])
})

test('without tables it is said what makes them, and records go there when they are made', async (t) => {
  const url = server.storeUrl('made_later')
  const store = await openClickhouse(t, url)
  await store.append([record({})])
  assert.match(await spooling(store), /: it has no tables of wirelag: 'wirelag store init' makes them$/)
  await assert.rejects(store.read(everything), { code: 'WIRELAG_NO_HISTORY' })
  const { initClickhouse } = await import('../../src/store/clickhouse/store-admin.ts')
  await initClickhouse(url)
  await arrived([store])
  assert.deepEqual(await store.read({ ...everything, kinds: recordKinds }), [record({})])
})

test('a wrong password is told, and not shown', async (t) => {
  const database = await ScratchDatabase.make(server)
  const url = database.url(server).replace('s3cret', 'wrong-s3cret')
  const store = await openClickhouse(t, url)
  await store.append([record({})])
  const reason = await spooling(store)
  assert.match(reason, /Wrong password for user recorder/)
  assert.ok(!reason.includes('s3cret'), reason)
})
