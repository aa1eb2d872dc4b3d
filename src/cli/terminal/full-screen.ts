import { emitKeypressEvents, type Interface } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import { keyOf, type Key, type Keypress } from './key.ts'
import { screenUpdate } from './screen-update.ts'

/** What a terminal of unknown size is taken for. */
const assumedColumns = 80
const assumedRows = 24

/** Alternate screen; no cursor; no wrapping, as terminals differ in how wide they take a character. */
const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J'
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l'

/** How long an escape character may be the beginning of a longer sequence. */
const escapeMs = 100
/** How soon a process that stops itself has stopped. */
const suspendMs = 50

export interface FullScreenHandlers {
  onKey(key: Key): void
  /** The screen has another size, or shows nothing any more: draw. */
  onResize(): void
  /** The terminal is gone (SIGHUP), or wants the process to end (SIGQUIT). */
  onHangup(): void
}

/**
 * A terminal's whole screen, and its keys one by one. However the process ends, unless it is killed outright, the
 * terminal gets back what it showed, its cursor and its line mode.
 */
export class FullScreen {
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #handlers: FullScreenHandlers
  /** As they stand on the screen. */
  #drawn: readonly string[] = []
  #isOpen = false
  #isSuspended = false

  /** @param input keys come from it if it is a terminal */
  constructor(input: ReadStream, output: WriteStream, handlers: FullScreenHandlers) {
    this.#input = input
    this.#output = output
    this.#handlers = handlers
  }

  get columns(): number {
    return this.#output.columns || assumedColumns
  }

  get rows(): number {
    return this.#output.rows || assumedRows
  }

  open(): void {
    // An uncaught error is told after the monitor, so that it is told on the screen that stays.
    process.on('exit', this.#onExit).on('uncaughtExceptionMonitor', this.#onExit)
    process.on('SIGCONT', this.#onContinue).on('SIGHUP', this.#onHangup).on('SIGQUIT', this.#onHangup)
    this.#output.on('resize', this.#onResize)
    this.#enter()
    if (!this.#input.isTTY) return
    emitKeypressEvents(this.#input, { escapeCodeTimeout: escapeMs } as unknown as Interface)
    this.#input.on('keypress', this.#onKeypress).resume()
  }

  #enter(): void {
    this.#isOpen = true
    this.#drawn = []
    if (this.#input.isTTY) this.#input.setRawMode(true)
    this.#output.write(enter)
  }

  /** Shows lines, each of at most `columns` columns; those beyond `rows` are left out. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return
    const shown = lines.slice(0, this.rows)
    const update = screenUpdate(this.#drawn, shown, this.columns)
    if (update) this.#output.write(update)
    this.#drawn = shown
  }

  /** Draws all anew, whatever the screen shows. */
  redraw(): void {
    this.#onResize()
  }

  /** Stops the process as Ctrl-Z does; when it goes on, so does the screen. */
  suspend(): void {
    if (!this.#isOpen) return
    this.#isSuspended = true
    this.#leave()
    process.kill(process.pid, 'SIGTSTP')
    // The kernel stops nobody whom nobody could continue, such as what ssh or docker exec runs without a shell.
    setTimeout(() => {
      if (this.#isSuspended) this.#onContinue()
    }, suspendMs).unref()
  }

  close(): void {
    this.#leave()
    this.#isSuspended = false
    process.off('exit', this.#onExit).off('uncaughtExceptionMonitor', this.#onExit)
    process.off('SIGCONT', this.#onContinue).off('SIGHUP', this.#onHangup).off('SIGQUIT', this.#onHangup)
    this.#output.off('resize', this.#onResize)
    this.#input.off('keypress', this.#onKeypress).pause()
  }

  /** What can no longer be restored, as the terminal is gone, needs not be. */
  #leave(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    try {
      this.#output.write(leave)
      if (this.#input.isTTY) this.#input.setRawMode(false)
    } catch {}
  }

  readonly #onExit = (): void => this.#leave()
  readonly #onHangup = (): void => this.#handlers.onHangup()

  /** Also of one that was stopped from outside: whoever had the terminal since has set its modes. */
  readonly #onContinue = (): void => {
    this.#isSuspended = false
    this.#leave()
    this.#enter()
    this.#handlers.onResize()
  }

  readonly #onResize = (): void => {
    this.#drawn = []
    if (!this.#isOpen) return
    this.#output.write('\u001b[2J')
    this.#handlers.onResize()
  }

  readonly #onKeypress = (text: string | undefined, press: Keypress): void => {
    const key = keyOf(text, press)
    if (key) this.#handlers.onKey(key)
  }
}
