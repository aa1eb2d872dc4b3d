import { diagnosisJson } from '../../export/finding-json.ts'
import { startJson, summaryJson } from '../../export/ndjson.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { diagnosisRun, type DiagnosisRunResult } from '../diagnosis-run.ts'
import { addHistoryTimeOptions, isOfHistory, pastDiagnoses, type HistoryTimeOptions } from '../past-diagnosis.ts'
import { serviceRuleOf } from '../options/config-option.ts'
import { addFilterOptions, filterOf, type FilterOptions } from '../options/filter-options.ts'
import { addWatchOptions, type WatchCommandOptions } from '../options/watch-options.ts'
import { historyIfAny } from '../options/store-option.ts'
import { Output } from '../output.ts'
import { diagnosisText } from '../render/finding-text.ts'
import { asksForNormals, withNormals } from '../usual-diagnosis.ts'
import { stylesFor } from '../render/styles.ts'
import { summaryLines } from '../render/summary.ts'

interface WhyOptions extends FilterOptions, WatchCommandOptions, HistoryTimeOptions {
  watch?: true
}

const defaultDurationNs = 10e9
/** Of a run that found something. */
const findingExitCode = 3

const examples = `
Looks at this host for 10 s, or --duration, then says what is the matter with its connections: who, to whom, how much, with
evidence, the command that confirms it and what to do; and what it is not, with the figure that speaks against it.
With --at or --last it asks the agent's flight recorder instead, and judges what was kept; of what was rolled up since, it tells
what the agent found then. TIME is as 'wirelag at' takes it.
Exit code 3 where something is the matter. docs/findings.md explains each finding; 'wirelag demo' makes one.

Examples:
  wirelag why                           what is the matter on this host
  wirelag why --container web           with one container
  wirelag why --duration 1m --port 5432 with connections to Postgres, for a minute
  wirelag why --watch                   again and again
  wirelag why -- curl http://api/       with one command
  wirelag why --at 03:17                what was the matter then, from the agent's history
  wirelag why --last 5m --service api   what was, in the last five minutes
  wirelag why --json | jq 'select(.kind == "diagnosis").findings[]'`

export const add: AddCommand = (command, context) => {
  command.option('--watch', 'again and again, until Ctrl-C')
  addHistoryTimeOptions(command)
  addFilterOptions(command, { pid: 'p', tid: 't', lport: 'l', rport: 'r' })
  addWatchOptions(command)
  command
    .addHelpText('after', examples)
    .action(async (options: WhyOptions) => context.onExit(await why(options, context)))
}

async function why(options: WhyOptions, { childArgs }: CommandContext): Promise<number> {
  const hasChild = childArgs !== undefined
  if (isOfHistory(options)) return (await pastDiagnoses(options, hasChild)) ? findingExitCode : 0
  const output = new Output(hasChild ? process.stderr : process.stdout)
  const serviceOf = await serviceRuleOf(options)
  const look = (): Promise<DiagnosisRunResult> =>
    diagnosisRun({
      filter: { ...filterOf(options), selectedOnly: hasChild },
      serviceOf,
      ringBytes: options.ringSize,
      durationNs: options.duration ?? (hasChild ? undefined : defaultDurationNs),
      childArgs,
      cost: options.cost,
      cpuBudget: options.cpuBudget,
      onStart: (watch) => {
        if (options.json) output.line(JSON.stringify(startJson(watch.unixNs(watch.now()), watch.signals)))
        output.flush()
      },
    })
  let isStopped = false
  const stop = (): void => void (isStopped = true)
  process.on('SIGINT', stop).on('SIGTERM', stop)
  try {
    for (;;) {
      const result = await compared(await look())
      write(result, options, output)
      if (options.watch && !hasChild && !isStopped) continue
      return hasChild ? result.exitCode : result.diagnosis.findings.length > 0 ? findingExitCode : 0
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** With what is usual here, where this host's agent has kept a history. */
async function compared(result: DiagnosisRunResult): Promise<DiagnosisRunResult> {
  const { diagnosis, observation, unixNs } = result
  if (!asksForNormals(diagnosis)) return result
  const store = await historyIfAny({})
  if (!store) return result
  try {
    const when = { host: undefined, atUnixMs: Number(unixNs / 1_000_000n) }
    return { ...result, diagnosis: await withNormals(diagnosis, observation, store, when) }
  } finally {
    await store.close()
  }
}

function write(result: DiagnosisRunResult, { json }: WhyOptions, output: Output): void {
  const { diagnosis, durationNs, unixNs, startUnixMs } = result
  if (json) {
    output.line(JSON.stringify(diagnosisJson(diagnosis, durationNs, unixNs, startUnixMs)))
    output.line(JSON.stringify(summaryJson(result)))
    output.flush()
    return
  }
  for (const line of diagnosisText(diagnosis, stylesFor(output.isTerminal), startUnixMs)) output.line(line)
  output.flush()
  const errors = new Output(process.stderr)
  for (const line of summaryLines(result, errors.isTerminal)) errors.line(line)
  errors.flush()
}
