import { printable } from '../../lib/printable.ts'
import { isUnusual, normalText, type StateNormal } from '../../model/normal.ts'
import type { SocketState, StateSurvey } from '../../model/socket-state.ts'

/** What is far from usual, the farthest first; that nothing is; nothing at all where it is not known. */
export function unusualStates({ rows }: StateSurvey, normals: readonly StateNormal[]): string[] {
  const days = Math.max(0, ...normals.map((normal) => normal.days))
  if (days === 0) return []
  const unusual = normals
    .map((normal) => {
      const row = rows.find(({ subject }) => subject.identity?.service === normal.service)
      return { normal, now: row?.states[normal.state as SocketState] ?? 0 }
    })
    .filter(({ normal, now }) => isUnusual(now, normal))
    .toSorted((a, b) => b.now / Math.max(1, b.normal.median) - a.now / Math.max(1, a.normal.median))
  if (unusual.length === 0)
    return [`No service has far more sockets in a state than is usual at this time of day (${days} days known).`]
  return unusual.map(
    ({ normal, now }) => `${printable(normal.service)}: ${now} ${normal.state}, ${normalText(now, normal)}`,
  )
}
