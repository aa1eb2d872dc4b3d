import type { Store, StoreLimits } from './store.ts'

/** Where a history is: a folder with SQLite in it, or a ClickHouse. */
export interface StorePlace {
  /** Of SQLite; with ClickHouse for what waits to be sent. */
  folder: string
  /** `clickhouse://…` */
  url: string | undefined
}

const folderOfHost = '/var/lib/wirelag'

/** Where this host's agent keeps its state: systemd's StateDirectory=, else /var/lib/wirelag. */
export function defaultStateFolder(environment: { STATE_DIRECTORY?: string } = process.env): string {
  return environment.STATE_DIRECTORY?.split(':')[0] || folderOfHost
}

const day = 86_400_000

export const defaultLimits: StoreLimits = { maxBytes: 2 ** 30, maxAgeMs: 7 * day }

/**
 * Opens a history; what does so is loaded only then.
 *
 * @param limits how much is kept, where it is written
 * @throws OperatorError where it cannot be opened, or another agent writes to it
 */
export async function openStore(
  { folder, url }: StorePlace,
  mode: 'read' | 'write',
  limits: StoreLimits = defaultLimits,
): Promise<Store> {
  const { rolledUp } = await import('./roll-up.ts')
  if (url !== undefined) {
    const { openClickhouseStore } = await import('./clickhouse/clickhouse-store.ts')
    return openClickhouseStore({ url, spoolFolder: `${folder}/spool`, mode, limits, rollUp: rolledUp })
  }
  const { openSqliteStore } = await import('./sqlite/sqlite-store.ts')
  return openSqliteStore({ folder, mode, limits, rollUp: rolledUp })
}
