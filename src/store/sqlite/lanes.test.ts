import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { lanesOf, nextLaneSql } from './lanes.ts'

function database(): DatabaseSync {
  const db = new DatabaseSync(':memory:')
  db.exec('CREATE TABLE record (id INTEGER PRIMARY KEY, kind INTEGER, span INTEGER, time INTEGER)')
  db.exec('CREATE INDEX lane ON record (kind, span, time)')
  return db
}

test('lanes are told in their order, each once', () => {
  const db = database()
  assert.deepEqual(lanesOf(db), [])
  const insert = db.prepare('INSERT INTO record (kind, span, time) VALUES (?, ?, ?)')
  for (let time = 0; time < 100; time++)
    for (const [kind, span] of [
      [2, 10_000],
      [0, 0],
      [2, 600_000],
      [2, 0],
    ] as const)
      insert.run(kind, span, time)
  assert.deepEqual(lanesOf(db), [
    { kind: 0, spanMs: 0 },
    { kind: 2, spanMs: 0 },
    { kind: 2, spanMs: 10_000 },
    { kind: 2, spanMs: 600_000 },
  ])
})

test('the next lane is one step in the index, and nothing is sorted', () => {
  const plan = database()
    .prepare(`EXPLAIN QUERY PLAN ${nextLaneSql}`)
    .all(0, 0)
    .map(({ detail }) => detail)
  assert.deepEqual(plan, ['SEARCH record USING COVERING INDEX lane ((kind,span)>(?,?))'])
})
