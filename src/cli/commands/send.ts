import { Option } from 'commander'
import type { ProbeSignal } from '../../kernel/probe-signals.ts'
import { parseDurationNs } from '../../lib/duration.ts'
import { usageError } from '../../lib/operator-error.ts'
import type { Alert } from '../../model/alert.ts'
import type { SendActivity, SendGrouping } from '../../model/send-activity.ts'
import { AlertNotifier, webhookFormats, type WebhookFormat } from '../../pipeline/alert-notifier.ts'
import { SendMonitor } from '../../pipeline/send-monitor.ts'
import type { Watch, WatchSinks } from '../../pipeline/watch.ts'
import { parseWebhookUrl, Webhook } from '../../pipeline/webhook.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { Harvesting } from '../harvesting.ts'
import { liveRun, type LiveRunResult, type LiveView } from '../live-run.ts'
import { serviceRuleOf } from '../options/config-option.ts'
import { addFilterOptions, filterOf, type FilterOptions } from '../options/filter-options.ts'
import { optionValue } from '../options/option-value.ts'
import { addWatchOptions, type WatchCommandOptions } from '../options/watch-options.ts'
import { addWindowOptions, intervalOf, type WindowOptions } from '../options/window-options.ts'
import { JsonSendView, TextSendView, type SendMode, type SendView } from '../send-view.ts'

interface SendOptions extends FilterOptions, WatchCommandOptions, WindowOptions {
  by: SendGrouping
  udp?: true
  /** Nanoseconds. */
  slow?: number
  /** Nanoseconds. */
  alert?: number
  once?: true
  webhook?: URL
  webhookFormat?: WebhookFormat
}

/** Of `--once`, when something is over the threshold. */
const alertExitCode = 3
/** How long, at the end, the webhook is waited for. */
const webhookGraceMs = 1000

const defaultAlert = '5ms'
const examples = `
A send call copies the data, and waits where the send buffer is full because the peer, or the network to it, takes no
more. BLOCKED_% is that waiting's share of the time in send calls: near 100 somebody does not read; near 0 the calls are
large, or the processor is short. EAGAIN: calls of programs that do not wait, which took nothing. A call is counted when
it returns. With '-- COMMAND' on a terminal there is only the table at the end; --count is of tables, with --slow of rows.
An alert begins when a row's p95 over the window passes the threshold, and ends when it has been below 80 % of it for a
whole window, or nothing was sent in a window.

Examples:
  wirelag send                                every process that sends, the worst p95 first
  wirelag send --by service --udp             by systemd unit or executable; UDP as well
  wirelag send --slow 100ms --comm 'logger*'  each send call that took longer, with its peer
  wirelag send --once --alert 20ms || page    10 s for a cron job: exit code 3 if a p95 is over 20 ms
  wirelag send --alert --webhook http://localhost:9093/api/v2/alerts --webhook-format alertmanager
  wirelag send --json -- ./upload.sh          one command and its children

Two stories:
  Every 15 minutes the site is slow for a minute. 'wirelag send --by service --alert 20ms --duration 1h' says who was
  held up, from when to when: 'ALERT nightly-upload ... 99.1 % of the time blocked' at :00, :15, :30, each RESOLVED
  a minute later. The batch upload fills the uplink, and with it the site's send buffers.
  A service hangs for 200 ms now and then. Its row has P50_MS 0.020 but MAX_MS 204 and BLOCKED_% 98: a few sends wait
  long. 'wirelag send --slow 100ms' shows that each goes to the log collector on port 514, with 'zero window': the
  collector does not read. The service logs over a blocking socket.`

export const add: AddCommand = (command, context) => {
  command
    .addOption(
      new Option('--by <WHAT>', 'a row for each process or service')
        .default('process')
        .argParser(optionValue('--by', (text) => parseOneOf(text, ['process', 'service']))),
    )
    .option('--udp', 'UDP send calls as well')
  addWindowOptions(command)
  command
    .addOption(
      new Option('--slow <TIME>', 'no table, but each send call that took longer, as 100ms').argParser(
        optionValue('--slow', parseDurationNs),
      ),
    )
    .addOption(
      new Option('--alert [TIME]', `say when a p95 over the window passes TIME, and when it is over`)
        .preset(defaultAlert)
        .argParser(optionValue('--alert', parseDurationNs)),
    )
    .option('--once', `watch for one window, show one table; exit code ${alertExitCode} if a p95 is over --alert`)
    .addOption(
      new Option('--webhook <URL>', 'POST alerts there as JSON').argParser(optionValue('--webhook', parseWebhookUrl)),
    )
    .addOption(
      new Option('--webhook-format <FORMAT>', `${webhookFormats.join(' or ')} (default: json)`).argParser(
        optionValue('--webhook-format', (text) => parseOneOf(text, webhookFormats)),
      ),
    )
  addFilterOptions(command, { pid: 'p', tid: 't', lport: 'l', rport: 'r' })
  addWatchOptions(command)
  command
    .addHelpText('after', examples)
    .action(async (options: SendOptions) => context.onExit(await send(options, context)))
}

function parseOneOf<T extends string>(text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text)
  if (choice === undefined) throw new SyntaxError(`'${text}' is none of ${choices.join(', ')}`)
  return choice
}

function modeOf({ slow, once }: SendOptions): SendMode {
  if (slow !== undefined && once) throw usageError('--slow and --once exclude each other')
  return once ? 'once' : slow === undefined ? 'intervals' : 'samples'
}

function notifierOf({ webhook, webhookFormat, window }: SendOptions): AlertNotifier | undefined {
  if (!webhook && webhookFormat !== undefined) throw usageError('--webhook-format is of no use without --webhook')
  return (
    webhook && new AlertNotifier({ webhook: new Webhook(webhook), format: webhookFormat ?? 'json', windowNs: window })
  )
}

/** A threshold is needed to tell what `--once` and `--webhook` are about. */
function alertNsOf({ alert, once, webhook }: SendOptions): number | undefined {
  return alert ?? (once || webhook ? parseDurationNs(defaultAlert) : undefined)
}

function signalsOf({ udp }: SendOptions, hasChild: boolean): ProbeSignal[] {
  return ['send', ...(udp ? (['udpSend'] as const) : []), ...(hasChild ? (['command'] as const) : [])]
}

async function send(options: SendOptions, { childArgs }: CommandContext): Promise<number> {
  const mode = modeOf(options)
  const intervalNs = intervalOf(options)
  const filter = { ...filterOf(options), selectedOnly: childArgs !== undefined }
  const notifier = notifierOf(options)
  const viewOptions = {
    stream: childArgs ? process.stderr : process.stdout,
    mode,
    grouping: options.by,
    hasUdp: options.udp ?? false,
    windowNs: options.window,
    isShared: childArgs !== undefined,
  }
  const view = options.json ? new JsonSendView(viewOptions) : new TextSendView(viewOptions)
  const run = new SendRun(options, { mode, intervalNs, view, notifier })
  try {
    const result = await liveRun(
      {
        watch: {
          signals: signalsOf(options, childArgs !== undefined),
          filter,
          slowNs: undefined,
          sendRows: options.slow === undefined ? undefined : { overNs: options.slow },
          aggregate: 'process',
          serviceOf: await serviceRuleOf(options),
          ringBytes: options.ringSize,
          maxEvents: mode === 'samples' ? options.count : undefined,
        },
        durationNs: mode === 'once' ? Math.min(options.window, options.duration ?? Infinity) : options.duration,
        childArgs,
        cost: options.cost,
        cpuBudget: options.cpuBudget,
      },
      run,
    )
    return await run.end(result)
  } finally {
    run.cancel()
  }
}

interface Live {
  watch: Watch
  monitor: SendMonitor
  harvesting: Harvesting
}

/** From a watch's harvests to what is shown. */
class SendRun implements LiveView {
  readonly #options: SendOptions
  readonly #mode: SendMode
  readonly #intervalNs: number
  readonly #view: SendView
  readonly #notifier: AlertNotifier | undefined
  #live: Live | undefined
  #tablesLeft: number
  readonly sinks: WatchSinks = {
    onSend: (sample) => {
      if (this.#live) this.#view.sample(sample, this.#live.watch)
    },
    onBatchEnd: () => this.#view.flush(),
  }

  constructor(
    options: SendOptions,
    parts: { mode: SendMode; intervalNs: number; view: SendView; notifier: AlertNotifier | undefined },
  ) {
    this.#options = options
    this.#mode = parts.mode
    this.#intervalNs = parts.intervalNs
    this.#view = parts.view
    this.#notifier = parts.notifier
    this.#tablesLeft = parts.mode === 'intervals' ? (options.count ?? Infinity) : Infinity
  }

  onStart(watch: Watch, end: () => void): void {
    const monitor = new SendMonitor({
      grouping: this.#options.by,
      windowNs: this.#options.window,
      intervalNs: this.#intervalNs,
      alertNs: alertNsOf(this.#options),
      now: () => watch.now(),
    })
    const harvesting = new Harvesting(watch, this.#intervalNs, {
      onHarvest: (activities) => monitor.add(activities),
      onInterval: () => {
        if (this.#tablesLeft <= 0 || this.#mode === 'once') return
        this.#showInterval(monitor, watch)
        if (--this.#tablesLeft === 0) end()
      },
    })
    this.#live = { watch, monitor, harvesting }
    this.#view.start(watch)
  }

  #showInterval(monitor: SendMonitor, watch: Watch): void {
    const rows = monitor.current()
    this.#judge(rows, monitor, watch)
    if (this.#mode === 'intervals') this.#view.sends(rows, monitor.firing(), watch)
  }

  #judge(rows: readonly SendActivity[], monitor: SendMonitor, watch: Watch): Alert<SendActivity>[] {
    const changed = monitor.judge(rows)
    this.#view.alerts(changed, watch)
    this.#notifier?.notify(changed, monitor.firing(), watch)
    return changed
  }

  onStop(watch: Watch): void {
    if (!this.#live) return
    const { harvesting, monitor } = this.#live
    harvesting.stop()
    if (this.#mode !== 'once') this.#judge(monitor.current(), monitor, watch)
  }

  /** Shows what is left to show; the result is the exit code. */
  async end(result: LiveRunResult): Promise<number> {
    if (!this.#live) return result.exitCode
    const { monitor, watch } = this.#live
    const rows = monitor.summed(result.activities)
    let { exitCode } = result
    if (this.#mode === 'once') {
      this.#view.sends(rows, [], watch)
      if (this.#judge(rows, monitor, watch).length > 0) exitCode ||= alertExitCode
    }
    const webhook = this.#notifier?.close(webhookGraceMs)
    await this.#view.end({ rows, firing: monitor.firing(), result, clock: watch, webhook })
    return exitCode
  }

  /** Lets go of everything, where there was no end. */
  cancel(): void {
    this.#live?.harvesting.cancel()
    void this.#notifier?.close(0)
  }
}
