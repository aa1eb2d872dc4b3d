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
  clickhouse: number
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
    await appended(await openStore(place, 'write', defaultLimits), steps)
    const store = await openStore(place, 'read')
    const { bytes = 0 } = store.status()
    await store.close()
    return bytes
  })
}

async function clickhouseBytes(steps: readonly StoredRecord[][]): Promise<number> {
  await using server = await ClickhouseServer.startAlone()
  const url = server.storeUrl('wirelag')
  await initClickhouse(url)
  await withFolder(async (folder) => appended(await openStore({ folder, url }, 'write'), steps))
  await server.query('OPTIMIZE TABLE wirelag.wirelag_record FINAL')
  const held = `FROM system.parts WHERE active AND database = 'wirelag' AND table = 'wirelag_record'`
  const records = steps.flat().length
  const rows = Number(await server.query(`SELECT sum(rows) ${held}`))
  if (rows !== records) throw new Error(`ClickHouse holds ${rows} of ${records} records`)
  return Number(await server.query(`SELECT sum(bytes_on_disk) ${held}`))
}

/** Ends the store when it has sent what it spooled. */
async function appended(store: Store, steps: readonly StoredRecord[][]): Promise<void> {
  for (const step of steps) await store.append(step)
  while (store.status().spooledBytes > 0) await delay(50)
  const { state, droppedRecords, reason } = store.status()
  await store.close()
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
