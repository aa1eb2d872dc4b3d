import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { StringDecoder } from 'node:string_decoder'
import { textWidth } from '../../src/lib/text-width.ts'
import { wirelagFile } from './wirelag.ts'

const patienceMs = 20_000

/** CSI sequences, and what is between them. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const sequence = /\u001b\[([?\d;]*)([A-Za-z])/g

/** The screen of a terminal that knows the sequences which wirelag writes, and fails on others. */
export class TerminalScreen {
  #cells: string[][]
  #row = 0
  #column = 0
  #columns: number
  /** Private modes that are set, as `?1049`. */
  readonly modes = new Set(['?25', '?7'])
  /** The longest line that was written since the size was set, in columns. */
  widest = 0
  #rest = ''

  constructor(columns: number, rows: number) {
    this.#columns = columns
    this.#cells = Array.from({ length: rows }, () => [])
  }

  resize(columns: number, rows: number): void {
    this.#columns = columns
    this.#cells = Array.from({ length: rows }, () => [])
    this.widest = 0
  }

  /** What is on the screen, a text for each line. */
  get lines(): string[] {
    return this.#cells.map((cells) =>
      Array.from(cells, (cell: string | undefined) => cell ?? ' ')
        .join('')
        .trimEnd(),
    )
  }

  write(text: string): void {
    const all = this.#rest + text
    // A sequence that is not whole yet waits for its rest.
    const cut = all.lastIndexOf('\u001b')
    // oxlint-disable-next-line no-control-regex -- as above
    const isWhole = cut < 0 || /^\u001b\[[?\d;]*[A-Za-z]/.test(all.slice(cut))
    const whole = isWhole ? all : all.slice(0, cut)
    this.#rest = isWhole ? '' : all.slice(cut)
    let end = 0
    for (const match of whole.matchAll(sequence)) {
      this.#print(whole.slice(end, match.index))
      this.#control(match[1] ?? '', match[2] ?? '')
      end = match.index + match[0].length
    }
    this.#print(whole.slice(end))
  }

  #control(parameters: string, command: string): void {
    const [first = 0, second = 0] = parameters.split(';').map(Number)
    // As terminals do: what is written for a size that was larger goes to the last line.
    if (command === 'H') [this.#row, this.#column] = [Math.min(first, this.#cells.length) - 1, second - 1]
    else if (command === 'K') this.#line.splice(this.#column)
    else if (command === 'J' && first === 2) for (const cells of this.#cells) cells.length = 0
    else if (command === 'h') this.modes.add(parameters)
    else if (command === 'l') this.modes.delete(parameters)
    else if (command !== 'm') throw new Error(`the test's terminal does not know CSI ${parameters} ${command}`)
  }

  get #line(): string[] {
    const line = this.#cells[this.#row]
    if (!line) throw new Error(`line ${this.#row + 1} is not on the screen`)
    return line
  }

  #print(text: string): void {
    for (const character of text) {
      if (character === '\r') this.#column = 0
      else if (character === '\n') this.#feed()
      else this.#put(character)
    }
  }

  #feed(): void {
    if (this.#row < this.#cells.length - 1) this.#row++
    else {
      this.#cells.shift()
      this.#cells.push([])
    }
  }

  #put(character: string): void {
    const width = textWidth(character)
    const isWrapping = this.modes.has('?7')
    if (isWrapping && this.#column + width > this.#columns) {
      this.#column = 0
      this.#feed()
    }
    if (width === 0) return
    const line = this.#line
    line[this.#column] = character
    if (width === 2) line[this.#column + 1] = ''
    this.#column += width
    this.widest = Math.max(this.widest, this.#column)
  }
}

export interface TerminalOptions {
  columns?: number
  rows?: number
  env?: Record<string, string>
  /** What to run instead of bin/wirelag. */
  program?: string
}

function quoted(argument: string): string {
  return `'${argument.replaceAll("'", String.raw`'\''`)}'`
}

/** A program on a terminal of its own. */
export class TerminalRun {
  readonly screen: TerminalScreen
  /** All that it wrote, sequences included. */
  output = ''
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #ended: Promise<number | null>
  readonly #decoder = new StringDecoder('utf8')
  #pid = 0
  #onOutput = (): void => {}

  constructor(args: readonly string[], options: TerminalOptions = {}) {
    const { columns = 80, rows = 24, env = {}, program = wirelagFile } = options
    this.screen = new TerminalScreen(columns, rows)
    // The first line tells the pid, which exec keeps.
    const command = `stty cols ${columns} rows ${rows}; echo $$; exec ${[program, ...args].map(quoted).join(' ')}`
    this.#process = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
    })
    this.#process.stdout.on('data', (chunk: Buffer) => this.#take(this.#decoder.write(chunk)))
    this.#ended = new Promise((resolve) => this.#process.once('close', resolve))
  }

  #take(text: string): void {
    this.output += text
    this.#pid ||= Number(/^(\d+)\r\n/.exec(this.output)?.[1] ?? 0)
    this.screen.write(text)
    this.#onOutput()
  }

  get pid(): number {
    return this.#pid
  }

  type(keys: string): void {
    this.#process.stdin.write(keys)
  }

  resize(columns: number, rows: number): void {
    this.screen.resize(columns, rows)
    execFileSync('stty', ['-F', `/proc/${this.#pid}/fd/0`, 'cols', String(columns), 'rows', String(rows)])
  }

  /** Waits until what is on the screen fulfils a condition. @throws Error where it ends before, or after 20 s */
  async until(condition: (lines: readonly string[]) => boolean): Promise<void> {
    const fulfilled = new Promise<string>((resolve) => {
      this.#onOutput = () => {
        if (condition(this.screen.lines)) resolve('')
      }
      this.#onOutput()
    })
    const patience = new AbortController()
    const failure = await Promise.race([
      fulfilled,
      this.#ended.then(() => 'it ended'),
      sleep(patienceMs, 'waited in vain', { signal: patience.signal }).catch(() => ''),
    ])
    patience.abort()
    if (failure) throw new Error(`${failure}:\n${this.screen.lines.join('\n')}`)
  }

  /** Its exit code. */
  ended(): Promise<number | null> {
    return this.#ended
  }

  [Symbol.dispose](): void {
    if (this.#process.exitCode === null && this.#pid > 0) process.kill(this.#pid, 'SIGKILL')
    this.#process.kill('SIGKILL')
  }
}
