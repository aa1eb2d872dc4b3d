import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/sqlite-store.ts'
import type { RecordQuery, Store, StoreLimits } from '../../src/store/store.ts'

export const largeLimits: StoreLimits = { maxBytes: 2 ** 30, maxAgeMs: 7 * 86_400_000 }

export const everything: RecordQuery = { fromUnixMs: 0, toUnixMs: 2 ** 42 }

/** A folder that ends with the test. */
export function scratchFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-store-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The store in a folder, which is closed with the test; it writes, and keeps much, where nothing else is said. */
export async function openScratch(
  t: TestContext,
  folder: string,
  options: Partial<SqliteStoreOptions> = {},
): Promise<Store> {
  const store = await openSqliteStore({ folder, mode: 'write', limits: largeLimits, ...options })
  t.after(() => store.close())
  return store
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
