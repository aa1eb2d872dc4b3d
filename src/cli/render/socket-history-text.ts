import type { HistoryEvent, ToldHistory } from '../../model/incident.ts'
import { ms } from './columns.ts'

const triggers: Record<ToldHistory['trigger'], string> = { slow: 'slow', failure: 'failed', rto: 'timed out' }

/** What set a history off: `slow: read 70 B after 30.511`. */
export function historyCauseText({ trigger, cause }: ToldHistory): string {
  return `${triggers[trigger]}: ${eventText(cause)}`
}

/** What led to it, the oldest first, each with when it was, in milliseconds from the trigger: `-30.512 receive 70 B`. */
export function historyTexts({ events, forgotten, timeNs }: ToldHistory): string[] {
  const texts = events.map((event) => `${ms(event.timeNs - timeNs)} ${eventText(event)}`)
  return forgotten === 0 ? texts : [`(${forgotten} before)`, ...texts]
}

function eventText(event: HistoryEvent): string {
  const { what, bytes, detail } = event
  return [what, bytes === undefined ? '' : `${bytes} B`, detail, durationText(event)]
    .filter((word) => word !== '')
    .join(' ')
}

function durationText({ what, durationNs }: HistoryEvent): string {
  if (durationNs === undefined) return ''
  switch (what) {
    case 'send':
      return `in ${ms(durationNs)}`
    case 'receive':
      return durationNs === 0 ? '' : `in ${ms(durationNs)}`
    default:
      return `after ${ms(durationNs)}`
  }
}
