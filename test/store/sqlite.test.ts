import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store, StoreLimits } from '../../src/store/store.ts'
import { testStore, type FreshStore } from './conformance.ts'

testStore('SQLite', async (t: TestContext, limits: StoreLimits): Promise<FreshStore> => {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-store-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const open = async (mode: 'read' | 'write'): Promise<Store> => {
    const store = await openSqliteStore({ folder, mode, limits })
    t.after(() => store.close())
    return store
  }
  return { store: await open('write'), openReader: () => open('read'), openAgain: () => open('write') }
})
