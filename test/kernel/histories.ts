import assert from 'node:assert/strict'
import type { Actor } from '../../lab/actor.ts'
import type { HistoryEvent, ToldHistory } from '../../src/model/incident.ts'
import type { WatchOptions, WatchResult } from '../../src/pipeline/watch.ts'
import { bookOf, inNetns, isBalanced, Recording } from './recording.ts'

/** What takes longer is a trigger. */
export const slowNs = 50e6

export function histories(host: Actor, overNs?: number, options: Partial<WatchOptions> = {}): Promise<Recording> {
  return Recording.start({
    signals: ['connect', 'accept', 'close', 'pickup', 'send', 'retransmit', 'reset'],
    filter: inNetns(host),
    history: { overNs },
    ...options,
  })
}

/** A connection from c to s. @returns the port of s */
export async function connect(host: Actor): Promise<number> {
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  return port
}

export function words({ what, bytes, detail }: HistoryEvent): string {
  return [what, bytes, detail].filter((word) => word !== undefined && word !== '').join(' ')
}

export function told({ trigger, cause, events, forgotten }: ToldHistory): unknown {
  return { trigger, cause: words(cause), events: events.map(words), forgotten }
}

/** Those of the socket at a port, as words. */
export function of(recording: Recording, localPort: number): unknown[] {
  return recording.histories.filter(({ socket }) => socket.local.port === localPort).map(told)
}

/** That so many were delivered, and none lost; what happens on the rest of the host is filtered. */
export function assertDelivered(result: WatchResult, count: number): void {
  const { delivered, lost, invalid, ...book } = bookOf(result, 'history')
  assert.deepEqual([delivered, lost, invalid], [count, 0, 0])
  assert.ok(isBalanced({ delivered, lost, invalid, ...book }))
}

export function assertInOrder(recording: Recording): void {
  for (const { events, timeNs } of recording.histories) {
    const times = events.map((event) => event.timeNs)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
    assert.ok(times.every((eventNs) => eventNs >= 0 && eventNs <= timeNs))
  }
}

/** What a history holds at most. */
export const held = 31
