import { stageNames, type StageName } from '../model/edge.ts'
import {
  p95Stages,
  rateStages,
  topGroupings,
  type TopColumnName,
  type TopGrouping,
  type TopRow,
} from '../model/top-row.ts'
import type { TopOrder } from '../track/top-rows.ts'
import { topColumns } from './render/top-columns.ts'
import type { Key } from './terminal/key.ts'

/** What the user of `wirelag top` has chosen to see. */
export interface TopState {
  grouping: TopGrouping
  order: TopOrder
  /** Rows that do not have this text are hidden. */
  filter: string
  /** Keys go to the filter. */
  isTyping: boolean
  isPaused: boolean
  isHelpShown: boolean
  /** Of the row that the cursor is on, wherever that row goes; undefined: the cursor stays where it is. */
  selectedKey: string | undefined
  selectedIndex: number
  /** The first row that is on the screen. */
  firstIndex: number
  /** The row that was looked into. */
  detail: TopDetailState | undefined
}

export interface TopDetailState {
  /** As it was when it was last seen. */
  row: TopRow
  /** Whose histogram is drawn. */
  stage: StageName
  /** The first line of the samples that is on the screen. */
  firstLine: number
}

export const defaultColumn: TopColumnName = 'pickup'

export function firstState(grouping: TopGrouping, column: TopColumnName): TopState {
  return {
    grouping,
    order: { column, isReversed: false },
    filter: '',
    isTyping: false,
    isPaused: false,
    isHelpShown: false,
    selectedKey: undefined,
    selectedIndex: 0,
    firstIndex: 0,
    detail: undefined,
  }
}

/** What is on the screen when a key is pressed. */
export interface ShownRows {
  /** All that are not hidden by the filter, in their order. */
  rows: readonly TopRow[]
  /** As many as the screen has room for. */
  pageRows: number
}

/** The state with the cursor on its row, and that on the screen, among the rows that there are now. */
export function arranged(state: TopState, { rows, pageRows }: ShownRows): TopState {
  const found = rows.findIndex(({ key }) => key === state.selectedKey)
  const last = Math.max(0, rows.length - 1)
  const selectedIndex = Math.min(found < 0 ? state.selectedIndex : found, last)
  const lowest = Math.min(state.firstIndex, selectedIndex, Math.max(0, rows.length - pageRows))
  const firstIndex = Math.max(lowest, selectedIndex - pageRows + 1)
  return { ...state, selectedIndex, firstIndex }
}

/** What comes of a key; `quit` where it ends the command. */
export function pressed(state: TopState, key: Key, shown: ShownRows): TopState | 'quit' {
  if (state.isHelpShown) return { ...state, isHelpShown: false }
  if (state.isTyping) return typed(state, key, shown)
  if (key.name === '?' || key.name === 'h') return { ...state, isHelpShown: true }
  if (key.name === 'space') return { ...state, isPaused: !state.isPaused }
  return state.detail ? pressedInDetail(state, state.detail, key, shown) : pressedInTable(state, key, shown)
}

function typed(state: TopState, key: Key, shown: ShownRows): TopState {
  switch (key.name) {
    case 'return':
      return { ...state, isTyping: false }
    case 'escape':
      return { ...state, isTyping: false, filter: '' }
    case 'backspace':
      return { ...state, filter: Array.from(state.filter).slice(0, -1).join('') }
    case 'ctrl+u':
      return { ...state, filter: '' }
    default:
      if (key.character === undefined) return moved(state, key, shown)
      return { ...state, filter: state.filter + key.character }
  }
}

function pressedInTable(state: TopState, key: Key, shown: ShownRows): TopState | 'quit' {
  switch (key.name) {
    case 'q':
      return 'quit'
    case 'escape':
      return { ...state, filter: '' }
    case '/':
      return { ...state, isTyping: true }
    case 'e':
      return grouped(state)
    case 's':
    case '>':
    case 'right':
      return sortedBy(state, 1, shown)
    case '<':
    case 'left':
      return sortedBy(state, -1, shown)
    case 'r':
      return { ...pinned(state, shown), order: { ...state.order, isReversed: !state.order.isReversed } }
    case 'return':
      return lookedInto(state, shown)
    default:
      return moved(state, key, shown)
  }
}

/** The next grouping, sorted by the same column if it has that. */
function grouped(state: TopState): TopState {
  const grouping = next(topGroupings, state.grouping, 1)
  const hasColumn = topColumns(grouping).some(({ name }) => name === state.order.column)
  return {
    ...state,
    grouping,
    order: hasColumn ? state.order : { column: defaultColumn, isReversed: false },
    selectedKey: undefined,
    selectedIndex: 0,
    firstIndex: 0,
  }
}

/** With the cursor bound to the row it is on. */
function pinned(state: TopState, { rows }: ShownRows): TopState {
  return { ...state, selectedKey: rows[state.selectedIndex]?.key }
}

function sortedBy(state: TopState, step: 1 | -1, shown: ShownRows): TopState {
  const names = topColumns(state.grouping).map(({ name }) => name)
  return { ...pinned(state, shown), order: { column: next(names, state.order.column, step), isReversed: false } }
}

function lookedInto(state: TopState, shown: ShownRows): TopState {
  const row = shown.rows[state.selectedIndex]
  if (!row) return state
  return { ...pinned(state, shown), detail: { row, stage: stageToShow(row, state.order.column), firstLine: 0 } }
}

/** That of the sort column, else the slowest. */
function stageToShow({ activity }: TopRow, column: TopColumnName): StageName {
  const sorted = p95Stages[column] ?? rateStages[column]
  if (sorted && activity.stages[sorted].count > 0) return sorted
  const p95Ns = (stage: StageName): number => activity.stages[stage].quantileNs(0.95) ?? 0
  return stageNames.toSorted((a, b) => p95Ns(b) - p95Ns(a))[0] ?? 'pickup'
}

function moved(state: TopState, key: Key, { rows, pageRows }: ShownRows): TopState {
  const step = stepOf(key, pageRows)
  if (step === undefined || rows.length === 0) return state
  const selectedIndex = Math.min(Math.max(0, state.selectedIndex + step), rows.length - 1)
  return { ...state, selectedIndex, selectedKey: rows[selectedIndex]?.key }
}

/** How many rows a key moves the cursor; undefined for one that does not. */
function stepOf({ name }: Key, pageRows: number): number | undefined {
  switch (name) {
    case 'up':
    case 'k':
      return -1
    case 'down':
    case 'j':
      return 1
    case 'pageup':
      return -pageRows
    case 'pagedown':
      return pageRows
    case 'home':
      return -Infinity
    case 'end':
      return Infinity
    default:
      return undefined
  }
}

function pressedInDetail(state: TopState, detail: TopDetailState, key: Key, { pageRows }: ShownRows): TopState {
  const withDetail = (change: Partial<TopDetailState>): TopState => ({ ...state, detail: { ...detail, ...change } })
  switch (key.name) {
    case 'escape':
    case 'q':
      return { ...state, detail: undefined }
    case 'tab':
    case 's':
    case '>':
    case 'right':
      return withDetail({ stage: next(stageNames, detail.stage, 1) })
    case '<':
    case 'left':
      return withDetail({ stage: next(stageNames, detail.stage, -1) })
    case 'end':
      return state
    default: {
      const step = stepOf(key, Math.ceil(pageRows / 2)) ?? 0
      return withDetail({ firstLine: Math.max(0, detail.firstLine + step) })
    }
  }
}

function next<T>(all: readonly T[], current: T, step: 1 | -1): T {
  return all[(all.indexOf(current) + step + all.length) % all.length] ?? current
}
