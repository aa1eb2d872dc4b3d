import { errnoName } from '../lib/errno.ts'
import { retransmitTypes } from '../model/edge.ts'
import type { HistoryEvent, ToldHistory } from '../model/incident.ts'
import { stateName } from '../model/socket-state.ts'
import { unknownNs } from '../wire/fields.ts'
import * as wire from '../wire/wire.gen.ts'
import { ownerOf, socketPairOf } from './event-facts.ts'

const triggers: Record<number, ToldHistory['trigger']> = {
  [wire.HistoryTrigger.failure]: 'failure',
  [wire.HistoryTrigger.rto]: 'rto',
}

/** HISTORY as wirelag speaks of it: its events in the order of their time. */
export function socketHistoryOf(event: wire.HistoryEvent): ToldHistory {
  const { items, told, first, end } = event
  const count = (end - first) >>> 0
  const item = (i: number): wire.HistoryItem | undefined => items[(first + i) % items.length]
  const events = Array.from({ length: Math.min(count, items.length) }, (_, i) => item(i))
    .flatMap((found) => (found ? historyEventOf(found) : []))
    // What came while a task had the socket, and that it was accepted, is noted later than it was.
    .toSorted((a, b) => a.timeNs - b.timeNs)
  return {
    kind: 'history',
    timeNs: event.timeNs,
    connectionId: event.connectionId,
    socket: socketPairOf(event.tuple),
    owner: ownerOf(event.owner),
    trigger: triggers[event.trigger] ?? 'slow',
    cause: historyEventOf(event.cause),
    events,
    forgotten: (first - told) >>> 0,
  }
}

function historyEventOf({ what, timeNs, durationNs, bytes, type, extra }: wire.HistoryItem): HistoryEvent {
  const duration = durationNs === unknownNs ? undefined : durationNs
  const error = extra === 0 ? '' : errnoName(extra)
  switch (what) {
    case wire.HistoryWhat.state:
      return {
        timeNs,
        what: 'state',
        durationNs: duration || undefined,
        bytes: undefined,
        detail: detail(stateName(type), error),
      }
    case wire.HistoryWhat.accept:
      return { timeNs, what: 'accept', durationNs: duration, bytes: undefined, detail: '' }
    case wire.HistoryWhat.send: {
      const hasZeroWindow = (type & wire.SampleFlag.zeroWindow) !== 0
      const words = duration === undefined ? 'under way' : detail(hasZeroWindow ? 'zero window' : '', error)
      return {
        timeNs,
        what: 'send',
        durationNs: duration,
        bytes: duration === undefined ? undefined : bytes,
        detail: words,
      }
    }
    case wire.HistoryWhat.receive:
      return { timeNs, what: 'receive', durationNs: duration, bytes, detail: extra > 1 ? `${extra} arrivals` : '' }
    case wire.HistoryWhat.read:
      return { timeNs, what: 'read', durationNs: duration, bytes, detail: '' }
    case wire.HistoryWhat.retransmit:
      return {
        timeNs,
        what: 'retransmit',
        durationNs: duration || undefined,
        bytes: undefined,
        detail: retransmitTypes[type] ?? 'fast',
      }
    default:
      return {
        timeNs,
        what: 'reset',
        durationNs: undefined,
        bytes: undefined,
        detail: type === wire.ResetDirection.sent ? 'sent' : 'received',
      }
  }
}

function detail(...words: string[]): string {
  return words.filter((word) => word !== '').join(' ')
}
