import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { NewerClickhouse } from '../../lab/newer-clickhouse.ts'
import { ClickhouseTrouble } from '../../src/store/clickhouse/clickhouse-trouble.ts'
import { parseClickhouseUrl } from '../../src/store/clickhouse/clickhouse-url.ts'
import { ddlSettings, schemaStatements } from '../../src/store/clickhouse/schema.ts'
import { storeAlone } from './clickhouse-scratch.ts'
import { testStore } from './conformance.ts'

let newer: NewerClickhouse
before(async () => {
  newer = await NewerClickhouse.start()
})
after(async () => newer[Symbol.asyncDispose]())

test('it is years newer than that of Debian', async () => {
  assert.ok(Number((await newer.query('SELECT version()')).split('.')[0]) >= 26)
})

testStore('newer ClickHouse', (t, limits) => storeAlone(t, newer, limits))

test('a newer ClickHouse understands what makes the tables of a cluster', async () => {
  const statements = schemaStatements(parseClickhouseUrl('clickhouse://u:p@h/wirelag?cluster=fleet'))
  assert.equal(statements.length, 6)
  for (const statement of statements) assert.match(await newer.query(`EXPLAIN AST ${statement}`), /^Create/)
})

test('a newer ClickHouse knows the settings that are sent, and those of the tables', async () => {
  const sent = ['insert_distributed_sync', 'skip_unavailable_shards', ...Object.keys(ddlSettings('fleet'))]
  for (const name of sent)
    assert.equal(await newer.query(`SELECT count() FROM system.settings WHERE name = '${name}'`), '1\n', name)
  const ofTables = `SELECT count() FROM system.merge_tree_settings WHERE name IN ('index_granularity', 'replicated_deduplication_window')`
  assert.equal(await newer.query(ofTables), '2\n')
})

test('errors have the numbers by which wirelag knows them', async () => {
  const names = (await newer.query('SELECT errorCodeToName(number) FROM numbers(1000)')).split('\n')
  const namesOf = (isOne: (trouble: ClickhouseTrouble) => boolean): string[] =>
    names.filter((_, code) => isOne(new ClickhouseTrouble('', { code })))
  assert.deepEqual(
    namesOf(({ isTableMissing }) => isTableMissing),
    ['UNKNOWN_TABLE', 'UNKNOWN_DATABASE'],
  )
  assert.deepEqual(
    namesOf(({ isShardAway }) => isShardAway),
    ['SOCKET_TIMEOUT', 'NETWORK_ERROR', 'ALL_CONNECTION_TRIES_FAILED'],
  )
  assert.deepEqual(
    namesOf(({ isOfWhatWasSent }) => isOfWhatWasSent),
    [
      'CANNOT_PARSE_TEXT',
      'CANNOT_PARSE_ESCAPE_SEQUENCE',
      'CANNOT_PARSE_QUOTED_STRING',
      'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
      'CANNOT_READ_ALL_DATA',
      'CANNOT_PARSE_DATE',
      'CANNOT_PARSE_DATETIME',
      'TYPE_MISMATCH',
      'ARGUMENT_OUT_OF_BOUND',
      'CANNOT_CONVERT_TYPE',
      'CANNOT_PARSE_NUMBER',
      'INCORRECT_DATA',
      'CANNOT_READ_ARRAY_FROM_TEXT',
      'CORRUPTED_DATA',
      'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
    ],
  )
})
