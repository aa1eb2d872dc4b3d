import type { StateNormal } from '../model/normal.ts'
import type { StateSurvey } from '../model/socket-state.ts'
import { historyIfAny, type StoreOptions } from './options/store-option.ts'
import { stateNormals } from './state-normals.ts'

/**
 * How many sockets the services of a survey usually have by state; nothing where there is no history, or too little.
 *
 * @throws OperatorError where the history that the options name cannot be read
 */
export async function usualStates({ rows }: StateSurvey, options: StoreOptions): Promise<StateNormal[]> {
  const store = await historyIfAny(options)
  if (!store) return []
  try {
    const services = rows.flatMap(({ subject }) => subject.identity?.service ?? [])
    return await stateNormals(store, undefined, Date.now(), services)
  } finally {
    await store.close()
  }
}
