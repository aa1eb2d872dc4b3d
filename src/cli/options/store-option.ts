import { statSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { OperatorError } from '../../lib/operator-error.ts'
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
  if (found?.isFile()) {
    const { FileStore } = await import('../../store/file-store.ts')
    return FileStore.open(folder)
  }
  if (!found)
    throw new OperatorError('WIRELAG_NO_HISTORY', `there is no history in ${folder}`, {
      advice: "'wirelag agent' keeps one; --store says where it is.",
    })
  return openStore({ folder, url: undefined }, 'read')
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
