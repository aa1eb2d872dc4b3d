import { isDeepStrictEqual } from 'node:util'
import type { HistoryEvent, Incident, SocketHistory } from '../model/incident.ts'
import { decodeLedger, encodeLedger, type LedgerCode } from './ledger-code.ts'

/** Of an incident's history, the latest. */
const mostEvents = 32

type EventCode = [
  timeNs: number,
  what: HistoryEvent['what'],
  durationNs: number | undefined,
  bytes: number | undefined,
  detail: string,
]

/** An incident whose ledger is of the same socket and owner does not say so twice. */
export interface IncidentCode extends Omit<Incident, 'ledger' | 'history'> {
  ledger?: Omit<LedgerCode, 'socket' | 'owner'> & Partial<Pick<LedgerCode, 'socket' | 'owner'>>
  history?: Omit<SocketHistory, 'events'> & { events: EventCode[] }
}

export function encodeIncident({ ledger, history, ...incident }: Incident): IncidentCode {
  return {
    ...incident,
    ...(ledger ? { ledger: ledgerOf(encodeLedger(ledger), incident) } : {}),
    ...(history ? { history: historyOf(history) } : {}),
  }
}

function ledgerOf(ledger: LedgerCode, { sample }: Pick<Incident, 'sample'>): NonNullable<IncidentCode['ledger']> {
  const { socket, owner, ...rest } = ledger
  return {
    ...rest,
    ...(isDeepStrictEqual(socket, sample.socket) ? {} : { socket }),
    ...(isDeepStrictEqual(owner, sample.task) ? {} : { owner }),
  }
}

/** Without what it may have more, which the incident says as well. */
function historyOf(history: SocketHistory): NonNullable<IncidentCode['history']> {
  const { kind, timeNs, connectionId, trigger, events, forgotten } = history
  const kept = events.slice(-mostEvents)
  return {
    kind,
    timeNs,
    connectionId,
    trigger,
    events: kept.map((event) => [event.timeNs, event.what, event.durationNs, event.bytes, event.detail]),
    forgotten: forgotten + events.length - kept.length,
  }
}

export function decodeIncident({ ledger, history, ...incident }: IncidentCode): Incident {
  const { socket, task } = incident.sample
  return {
    ...incident,
    ledger: ledger && decodeLedger({ socket, owner: task as LedgerCode['owner'], ...ledger }),
    history: history && {
      ...history,
      events: history.events.map(([timeNs, what, durationNs, bytes, detail]) => ({
        timeNs,
        what,
        durationNs,
        bytes,
        detail,
      })),
    },
  }
}
