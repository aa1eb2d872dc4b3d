import { printable } from '../../lib/printable.ts'
import { containerText, serviceOf } from '../../model/container.ts'
import type { HistoryEvent, Incident } from '../../model/incident.ts'
import type { Task } from '../../model/process.ts'
import type { Endpoint } from '../../model/socket.ts'
import { clockTimeMs, ms } from './columns.ts'
import { ledgerText } from './ledger-text.ts'

const whats: Readonly<Record<string, string>> = { acceptQueue: 'accept queue', retransmit: 'retransmission timer' }
/** Of a socket's history, where one incident among several is shown. */
const fewEvents = 5

/**
 * One thing that took long or failed: who and with whom, where the time went, and what led to it.
 *
 * @param isWhole all of its socket's history, not only the end
 */
export function incidentText({ id, unixNs, sample, ledger, history }: Incident, isWhole: boolean): string[] {
  const { what, latencyNs, isLowerBound, protocol, socket, task, detail } = sample
  const took = `${whats[what] ?? printable(what)} ${isLowerBound ? '>' : ''}${ms(latencyNs)} ms`
  const ends = `${endpoint(socket.local)} ${protocol === 'udp' ? 'udp ' : ''}with ${endpoint(socket.peer)}`
  const events = history?.events ?? []
  const shown = isWhole ? events : events.slice(-fewEvents)
  const earlier = (history?.forgotten ?? 0) + events.length - shown.length
  return [
    `${clockTimeMs(unixNs)}  ${took}${detail ? ` (${printable(detail)})` : ''}  ${whose(task)}  ${ends}  [${printable(id)}]`,
    ...(ledger ? [`    its ${printable(ledger.span)} of ${ms(ledger.wallNs)} ms: ${ledgerText(ledger)}`] : []),
    ...(earlier > 0 && shown.length > 0 ? [`    ${earlier} events before`] : []),
    ...shown.map((event) => `    ${eventText(event, sample.timeNs)}`),
  ]
}

function eventText({ timeNs, what, durationNs, bytes, detail }: HistoryEvent, incidentNs: number): string {
  const parts = [
    `${ms(timeNs - incidentNs).padStart(12)} ms`,
    printable(what).padEnd(10),
    ...(durationNs === undefined ? [] : [`${ms(durationNs)} ms`]),
    ...(bytes === undefined ? [] : [`${bytes} B`]),
    ...(detail === '' ? [] : [printable(detail)]),
  ]
  return parts.join('  ')
}

function whose(task: Task): string {
  const container = task.identity?.container
  const name = printable(container ? containerText(container) : serviceOf(task))
  const comm = printable(task.comm)
  return name === comm ? `${name} (pid ${task.pid})` : `${name} (${comm}, pid ${task.pid})`
}

function endpoint({ address, port, name }: Endpoint): string {
  const shown = printable(name ?? address)
  return `${shown.includes(':') ? `[${shown}]` : shown}:${port}`
}
