import { setTimeout as sleep } from 'node:timers/promises'
import { OperatorError } from '../lib/operator-error.ts'
import { Watch, type WatchOptions, type WatchResult, type WatchSinks } from '../pipeline/watch.ts'
import { ChildCommand } from './child-command.ts'
import { CostWatch } from '../pipeline/cost-watch.ts'
import type { SelfCost } from '../pipeline/self-cost.ts'

export interface LiveRunOptions {
  watch: WatchOptions
  /** End after this long. */
  durationNs: number | undefined
  /** Program and arguments to run, and to watch alone. */
  childArgs: readonly string[] | undefined
  /** Measure what wirelag costs. */
  cost?: true | undefined
  /** Share of one CPU beyond which signals are given up. */
  cpuBudget?: number | undefined
  /** The command has something to show also without the signals that this kernel does not show. */
  mayLackSignals?: true | undefined
}

/** What a live command makes of the events. */
export interface LiveView {
  /** Everything is attached; from now on events come. `end` ends the run. */
  onStart?(watch: Watch, end: () => void): void
  sinks: WatchSinks
  /** What the user is to know at once; without this it goes to standard error. */
  onNotice?(text: string): void
  /** Whether, with the program ended, nothing more is to be expected of its sockets. */
  isSettled?(): boolean
  /** The watch ends after this call; it is the last moment to harvest. */
  onStop?(watch: Watch): void
}

export interface LiveRunResult extends WatchResult {
  /** Of the program that was run, else 0. */
  exitCode: number
  /** Where it was measured. */
  cost: SelfCost | undefined
}

/** How long the sockets of an ended program are given to say goodbye to their peers. */
const settleMs = 1000

/**
 * Watches until Ctrl-C, SIGTERM, the duration, the number of rows, or the end of the program that was run.
 *
 * @throws OperatorError where a signal that the command is about is off, or all of them are
 */
export async function liveRun(options: LiveRunOptions, view: LiveView): Promise<LiveRunResult> {
  const child = options.childArgs && new ChildCommand(options.childArgs)
  const end = Promise.withResolvers<void>()
  const signals = onStopSignals(child, () => end.resolve())
  let watch: Watch | undefined
  let cost: CostWatch | undefined
  let timer: NodeJS.Timeout | undefined
  try {
    watch = await Watch.start(options.watch, { ...view.sinks, onFull: () => end.resolve() })
    checkSignals(watch, options.mayLackSignals ?? false)
    if (options.cost || options.cpuBudget !== undefined) {
      const notice = (text: string): void => (view.onNotice ? view.onNotice(text) : writeNotice(text))
      cost = new CostWatch(watch, options.cpuBudget, notice)
    }
    view.onStart?.(watch, () => end.resolve())
    if (child) {
      watch.select(child.pid)
      child.begin()
    }
    if (options.durationNs !== undefined) timer = setTimeout(() => end.resolve(), options.durationNs / 1e6)
    await Promise.race([end.promise, ...(child ? [settled(child, view)] : [])])
    view.onStop?.(watch)
    const total = cost?.stop()
    const result = watch.stop()
    return { ...result, cost: total, exitCode: (await child?.ended()) ?? 0 }
  } catch (error) {
    child?.kill('SIGKILL')
    cost?.stop()
    watch?.close()
    throw error
  } finally {
    clearTimeout(timer)
    signals.off()
  }
}

/** Ctrl-C reaches a program in the foreground by itself, and ends it as it likes; SIGTERM is handed on. */
function onStopSignals(child: ChildCommand | undefined, stop: () => void): { off: () => void } {
  const onInterrupt = child ? (): void => {} : stop
  const onTerminate = child ? (): void => child.kill('SIGTERM') : stop
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate)
  return { off: () => process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate) }
}

async function settled(child: ChildCommand, view: LiveView): Promise<void> {
  await child.ended()
  const deadlineMs = Date.now() + settleMs
  while (view.isSettled?.() === false && Date.now() < deadlineMs) await sleep(10)
}

function writeNotice(text: string): void {
  process.stderr.write(`wirelag: ${text}\n`)
}

function checkSignals(watch: Watch, mayLack: boolean): void {
  const off = watch.signals.find((signal) => signal.status === 'off')
  if (off && !(mayLack && watch.signals.some((signal) => signal.status !== 'off')))
    throw new OperatorError('WIRELAG_SIGNAL_OFF', `this kernel does not show ${off.title}: ${off.reasons.join('; ')}`, {
      advice: 'See wirelag doctor.',
    })
}
