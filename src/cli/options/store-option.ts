import { statSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { OperatorError } from '../../lib/operator-error.ts'
import { FileStore } from '../../store/file-store.ts'
import { defaultStateFolder, openStore } from '../../store/open-store.ts'
import type { Store } from '../../store/store.ts'

export interface StoreOptions {
  store?: string
}

/** Adds where a history is read from. */
export function addStoreOption(command: Command): void {
  const text = `a folder, clickhouse://…, or a file of wirelag record (default: ${defaultStateFolder()})`
  command.addOption(new Option('--store <PLACE>', text))
}

/**
 * The history that the option names, else that of this host's agent, to be read.
 *
 * @throws OperatorError where there is none
 */
export async function historyOf({ store: place }: StoreOptions): Promise<Store> {
  const folder = place ?? defaultStateFolder()
  if (folder.includes('://')) return openStore({ folder: defaultStateFolder(), url: folder }, 'read')
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found?.isFile()) return FileStore.open(folder)
  if (!found)
    throw new OperatorError('WIRELAG_NO_HISTORY', `there is no history in ${folder}`, {
      advice: "'wirelag agent' keeps one; --store says where it is.",
    })
  return openStore({ folder, url: undefined }, 'read')
}

/**
 * Opens the history that the option names, and closes it again whatever comes.
 *
 * @throws OperatorError where there is none, or it is a file that holds what no wirelag writes
 */
export async function withHistory<Result>(
  options: StoreOptions,
  act: (store: Store) => Promise<Result>,
): Promise<Result> {
  const store = await historyOf(options)
  try {
    return await act(store)
  } catch (error) {
    // Whoever made a file may have put anything into it.
    if (error instanceof OperatorError || !(store instanceof FileStore)) throw error
    throw new OperatorError('WIRELAG_INCIDENT_FILE', `${options.store} holds what no wirelag writes`, { cause: error })
  } finally {
    await store.close()
  }
}

/** Whether a history is there, so that what it adds can be left out where not. */
export async function historyIfAny(options: StoreOptions): Promise<Store | undefined> {
  try {
    return await historyOf(options)
  } catch (error) {
    if (options.store === undefined && error instanceof OperatorError) return undefined
    throw error
  }
}
