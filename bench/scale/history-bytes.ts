import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ClickhouseServer } from '../../lab/clickhouse-server.ts'
import type { StoredRecord } from '../../src/model/record.ts'
import { HostSurvey } from '../../src/pipeline/host-survey.ts'
import { initClickhouse } from '../../src/store/clickhouse/store-admin.ts'
import { defaultLimits, openStore } from '../../src/store/open-store.ts'
import { rolledUp } from '../../src/store/roll-up.ts'
import type { Store } from '../../src/store/store.ts'
import { PlausibleHost, stepMs } from './plausible-host.ts'

const stepsPerHour = 3_600_000 / stepMs

/** What one host's history takes, of an hour each. */
export interface HistoryBytes {
  recordsPerStep: number
  /** In SQLite: steps of 10 s, 1 min, 10 min. */
  fine: number
  minutes: number
  tenMinutes: number
  /** In ClickHouse: steps of 10 s, and what they became when they were old. */
  clickhouse: { fine: number; tenMinutes: number }
}

/** An hour of one host's records, in a SQLite and in a ClickHouse of their own. */
export async function measureHistoryBytes(): Promise<HistoryBytes> {
  const hour = await recordedHour()
  const minutes = rolledUp(hour.flat(), 60_000)
  const tenMinutes = rolledUp(minutes, 600_000)
  return {
    recordsPerStep: hour.flat().length / hour.length,
    fine: await sqliteBytes(hour),
    minutes: await sqliteBytes(byTime(minutes)),
    tenMinutes: await sqliteBytes(byTime(tenMinutes)),
    clickhouse: await clickhouseBytes(hour),
  }
}

/** By step. It is the hour that has just ended. */
async function recordedHour(): Promise<StoredRecord[][]> {
  const survey = await HostSurvey.create().take()
  const host = new PlausibleHost('edge-00001', 1)
  const endUnixMs = Math.floor(Date.now() / 600_000) * 600_000
  return Array.from({ length: stepsPerHour }, (_, i) =>
    host.recordsOfStep(endUnixMs - (stepsPerHour - i) * stepMs, survey),
  )
}

function byTime(records: readonly StoredRecord[]): StoredRecord[][] {
  return [...Map.groupBy(records, ({ timeUnixMs }) => timeUnixMs).values()]
}

/** More than an empty database takes. */
async function sqliteBytes(steps: readonly StoredRecord[][]): Promise<number> {
  return (await sqliteFileBytes(steps)) - (await sqliteFileBytes([]))
}

async function sqliteFileBytes(steps: readonly StoredRecord[][]): Promise<number> {
  return withFolder(async (folder) => {
    const place = { folder, url: undefined }
    const writer = await openStore(place, 'write', defaultLimits)
    await append(writer, steps)
    await writer.close()
    const store = await openStore(place, 'read')
    const { bytes = 0 } = store.status()
    await store.close()
    return bytes
  })
}

async function clickhouseBytes(steps: readonly StoredRecord[][]): Promise<HistoryBytes['clickhouse']> {
  await using server = await ClickhouseServer.startAlone()
  const url = server.storeUrl('wirelag')
  await initClickhouse(url)
  const held = async (table: string): Promise<{ rows: number; bytes: number }> => {
    await server.query(`OPTIMIZE TABLE wirelag.${table} FINAL`)
    const parts = `FROM system.parts WHERE active AND database = 'wirelag' AND table = '${table}'`
    const [rows = 0, bytes = 0] = (await server.query(`SELECT sum(rows), sum(bytes_on_disk) ${parts}`))
      .split('\t')
      .map(Number)
    return { rows, bytes }
  }
  return await withFolder(async (folder) => {
    const store = await openStore({ folder, url }, 'write')
    await append(store, steps)
    const fine = await held('wirelag_record')
    const records = steps.flat().length
    if (fine.rows !== records) throw new Error(`ClickHouse holds ${fine.rows} of ${records} records`)
    // As if they were three days old: so the whole day is.
    while ((await held('wirelag_record')).rows > 0) await store.maintain(Date.now() + 3 * 86_400_000)
    const coarse = await held('wirelag_rolled')
    await store.close()
    return { fine: fine.bytes, tenMinutes: coarse.bytes }
  })
}

/** Until it has sent what it spooled. */
async function append(store: Store, steps: readonly StoredRecord[][]): Promise<void> {
  for (const step of steps) await store.append(step)
  while (store.status().spooledBytes > 0) await delay(50)
  const { state, droppedRecords, reason } = store.status()
  if (state !== 'recording' || droppedRecords > 0) throw new Error(`the history is ${state}: ${reason}`)
}

async function withFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-scale-'))
  try {
    return await act(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
