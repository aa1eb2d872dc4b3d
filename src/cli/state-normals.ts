import type { StateNormal } from '../model/normal.ts'
import type { StoredRecord } from '../model/record.ts'
import { stateSeries } from '../store/recorded-states.ts'
import type { Store } from '../store/store.ts'
import { baselineWindows, normalAt } from '../track/baseline.ts'

/** States in which more than usual is a sign. */
const toldStates = ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE_WAIT', 'LAST_ACK'] as const

/**
 * How many sockets each service of a host usually has in each state at that time of day; nothing where nothing is known of
 * earlier days.
 *
 * @param services of which it is asked; one that had none then normally has none
 */
export async function stateNormals(
  store: Store,
  host: string | undefined,
  atUnixMs: number,
  services: readonly string[],
): Promise<StateNormal[]> {
  const records: StoredRecord[] = []
  for (const window of baselineWindows(atUnixMs))
    records.push(
      ...(await store.read({ ...window, kinds: ['span', 'states'], ...(host === undefined ? {} : { hosts: [host] }) })),
    )
  const known = stateSeries(records, toldStates)
  const none = records.filter(({ kind }) => kind === 'span').map(({ timeUnixMs: unixMs }) => ({ unixMs, value: 0 }))
  return [...new Set(services)].flatMap((service) =>
    toldStates.flatMap((state) => {
      const series = known.find((one) => one.service === service && one.state === state)
      const normal = normalAt(series?.samples ?? none, atUnixMs)
      return normal ? [{ service, state, ...normal }] : []
    }),
  )
}
