import { formatDuration } from '../../lib/duration.ts'
import { printable } from '../../lib/printable.ts'
import { containerText, serviceOf } from '../../model/container.ts'
import {
  socketStates,
  type OldSocket,
  type SocketState,
  type StateChange,
  type StateCounts,
  type StateGrouping,
  type StateRow,
  type StateSubject,
  type StateSurvey,
} from '../../model/socket-state.ts'
import { alignedTable } from './aligned-table.ts'
import { clockTimeMs, type Column } from './columns.ts'
import { containerOf, ownerColumns, type OwnerColumn } from './owner-columns.ts'

interface SubjectColumn {
  title: string
  text: (subject: StateSubject) => string
}

const none = '-'

const subjectColumns: Record<Exclude<StateGrouping, 'owner'>, readonly SubjectColumn[]> = {
  netns: [
    { title: 'NETNS', text: ({ netns }) => String(netns ?? none) },
    { title: 'NAME', text: ({ netnsName }) => printable(netnsName ?? none) },
  ],
  container: [
    {
      title: 'CONTAINER',
      text: ({ identity, isUnknown }) =>
        isUnknown ? '(unknown)' : identity?.container ? printable(containerText(identity.container)) : '(none)',
    },
  ],
  service: [
    {
      title: 'SERVICE',
      text: ({ identity, isUnknown }) => (isUnknown ? '(unknown)' : printable(identity?.service ?? none)),
    },
  ],
  listener: [
    { title: 'LISTENER', text: ({ listener }) => (listener ? endpoint(listener) : '(none)') },
    { title: 'NETNS', text: ({ netns }) => String(netns ?? none) },
  ],
  peer: [{ title: 'PEER', text: ({ peer }) => (peer ? endpoint(peer) : '(none)') }],
}

/**
 * A row for each subject, then their sum; a column for each state that has sockets. A program gets every state.
 *
 * @returns header, rows, the sum last
 */
export function statesTable(survey: StateSurvey, by: Exclude<StateGrouping, 'owner'>, isTerminal: boolean): string[] {
  const shown = socketStates.filter((state) => !isTerminal || survey.states[state])
  const subjects = subjectColumns[by]
  const counts = (row: { total: number; states: StateCounts }): string[] => [
    String(row.total),
    ...shown.map((state) => String(row.states[state] ?? 0)),
  ]
  const row = ({ subject, ...sums }: StateRow): string[] => [
    ...subjects.map(({ text }) => text(subject)),
    ...counts(sums),
  ]
  const sumTitles = subjects.map((_, i) => (i === 0 ? 'total' : none))
  return alignedTable(
    [
      [...subjects.map(({ title }) => title), 'TOTAL', ...shown],
      ...survey.rows.map(row),
      [...sumTitles, ...counts(survey)],
    ],
    isTerminal,
  )
}

/** The sockets that should have left their state by now; empty without any. */
export function oldestTable(oldest: readonly OldSocket[], isTerminal: boolean): string[] {
  if (oldest.length === 0) return []
  const header = [
    'STATE',
    'AGE',
    'PID',
    'FD',
    'COMM',
    'SERVICE',
    'CONTAINER',
    'NETNS',
    'LOCAL',
    'PEER',
    'RECVQ',
    'SENDQ',
  ]
  const rows = oldest.map((old) => [
    old.state,
    isTerminal ? ageText(old) : ageSeconds(old),
    String(old.owner?.pid ?? none),
    String(old.fd ?? none),
    old.owner ? printable(old.owner.comm) : none,
    old.owner ? printable(serviceOf(old.owner)) : none,
    containerOf(old.owner),
    String(old.socket.netns),
    endpoint(old.socket.local),
    endpoint(old.socket.peer),
    String(old.receiveQueue),
    String(old.sendQueue),
  ])
  return alignedTable([header, ...rows], isTerminal)
}

function ageText({ ageMs, isAgeLowerBound }: OldSocket): string {
  return ageMs === undefined ? none : `${isAgeLowerBound ? '>' : ''}${formatDuration(ageMs * 1e6)}`
}

/** For a program: seconds, `>` before a lower bound. */
function ageSeconds({ ageMs, isAgeLowerBound }: OldSocket): string {
  return ageMs === undefined ? none : `${isAgeLowerBound ? '>' : ''}${(ageMs / 1000).toFixed(3)}`
}

function endpoint({ address, port }: { address: string; port?: number }): string {
  if (port === undefined) return address
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}

/** A change of state and when it was, in nanoseconds since 1970. */
export interface StateChangeRow {
  change: StateChange
  unixNs: bigint
}

/** The columns of `wirelag states --events`. */
export function stateChangeColumns(shown: OwnerColumn | undefined, isTerminal: boolean): Column<StateChangeRow>[] {
  const left = (title: string, width: number, text: (change: StateChange) => string): Column<StateChangeRow> => ({
    title,
    width,
    align: 'left',
    text: ({ change }) => text(change),
  })
  const state = (title: string, text: (change: StateChange) => SocketState): Column<StateChangeRow> =>
    left(title, 11, text)
  return [
    { title: 'TIME', width: 12, align: 'left', text: ({ unixNs }) => clockTimeMs(unixNs) },
    left('PID', 7, ({ owner }) => String(owner?.pid ?? none)),
    left('COMM', 15, ({ owner }) => (owner ? printable(owner.comm) : none)),
    ...ownerColumns<StateChangeRow>(({ change }) => change.owner, shown, isTerminal),
    left('NETNS', 10, ({ socket }) => String(socket.netns)),
    left('SADDR', 15, ({ socket }) => socket.local.address),
    left('SPORT', 5, ({ socket }) => String(socket.local.port)),
    left('DADDR', 15, ({ socket }) => socket.peer.address),
    left('DPORT', 5, ({ socket }) => String(socket.peer.port)),
    state('FROM', ({ from }) => from),
    state('TO', ({ to }) => to),
  ]
}
