import { statesJson } from '../export/states-json.ts'
import type { StateNormal } from '../model/normal.ts'
import type { StateGrouping, StateSurvey } from '../model/socket-state.ts'
import { LiveBlock } from './live-block.ts'
import { Output } from './output.ts'
import { clockTime, clockTimeMs } from './render/columns.ts'
import { unusualStates } from './render/unusual-states.ts'
import { oldestTable, statesTable } from './render/states-table.ts'

/** How `wirelag states` shows what it counted. */
export interface StatesView {
  /** @param normals what is usual, where that is known */
  show(survey: StateSurvey, normals?: readonly StateNormal[]): void
  /** What is on the screen stays there. */
  end(): void
}

/** One object for each survey. */
export class JsonStatesView implements StatesView {
  readonly #output = new Output(process.stdout)

  show(survey: StateSurvey, normals: readonly StateNormal[] = []): void {
    this.#output.line(JSON.stringify(statesJson(survey, normals)))
    this.#output.flush()
  }

  end(): void {}
}

/** The table and, below it, the oldest; with `--watch` on a terminal drawn anew in place, piped rows with their time. */
export class TextStatesView implements StatesView {
  readonly #output = new Output(process.stdout)
  readonly #by: Exclude<StateGrouping, 'owner'>
  readonly #isWatch: boolean
  readonly #block: LiveBlock | undefined
  #hasHeader = false

  constructor(by: Exclude<StateGrouping, 'owner'>, isWatch: boolean) {
    this.#by = by
    this.#isWatch = isWatch
    const isLive = isWatch && this.#output.isTerminal && process.env['TERM'] !== 'dumb'
    this.#block = isLive ? new LiveBlock(process.stdout) : undefined
  }

  show(survey: StateSurvey, normals: readonly StateNormal[] = []): void {
    if (this.#block) this.#block.draw(this.#screen(survey, this.#block.maxLines))
    else if (this.#isWatch && !this.#output.isTerminal) this.#pipe(survey)
    else for (const line of this.#whole(survey, normals)) this.#output.line(line)
    this.#output.flush()
  }

  #whole(survey: StateSurvey, normals: readonly StateNormal[]): string[] {
    const { isTerminal } = this.#output
    const below = [oldestTable(survey.oldest, isTerminal), unusualStates(survey, normals)]
    return [
      ...statesTable(survey, this.#by, isTerminal),
      ...below.flatMap((lines) => (lines.length > 0 ? ['', ...lines] : [])),
    ]
  }

  /** The sum is always seen: rows that have no room are only counted, and so are the oldest. */
  #screen(survey: StateSurvey, maxLines: number): string[] {
    const title = `${clockTime(survey.unixNs)}  TCP sockets by state`
    const [header = '', ...rows] = statesTable(survey, this.#by, true)
    const sum = rows.pop() ?? ''
    const room = Math.max(0, maxLines - 3)
    const shown = rows.length <= room ? rows : rows.slice(0, Math.max(0, room - 1))
    const more = rows.length > shown.length ? [`${rows.length - shown.length} more`] : []
    const oldest = oldestTable(survey.oldest, true)
    return [title, header, ...shown, ...more, sum, ...(oldest.length > 0 ? ['', ...oldest] : [])].slice(0, maxLines)
  }

  #pipe(survey: StateSurvey): void {
    const [header = '', ...rows] = statesTable(survey, this.#by, false)
    if (!this.#hasHeader) this.#output.line(`TIME\t${header}`)
    this.#hasHeader = true
    for (const row of rows) this.#output.line(`${clockTimeMs(survey.unixNs)}\t${row}`)
  }

  end(): void {
    this.#output.flush()
  }
}
