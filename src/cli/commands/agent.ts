import { Option } from 'commander'
import { parseListenAddress, type ListenAddress } from '../../lib/listen-address.ts'
import { usageError } from '../../lib/operator-error.ts'
import { AgentRun } from '../agent-run.ts'
import type { AddCommand } from '../command-context.ts'
import { optionValue } from '../options/option-value.ts'
import { addRingOption, cpuBudgetOption, durationOption } from '../options/watch-options.ts'

interface AgentCommandOptions {
  config?: string
  checkConfig?: true
  stateDir?: string
  store?: string
  listen?: ListenAddress | 'off'
  json?: true
  duration?: number
  ringSize: number
  cpuBudget?: number
}

/** Twenty times what 20,000 events a second fill between two reads. */
const ringBytes = 4 << 20

const examples = `
Watches this host all the time: every signal, the states of all sockets each second, a diagnosis each 10 s. Findings go to
the terminal; numbers to http://127.0.0.1:9474/metrics; everything into the flight recorder, which wirelag at, diff and
why --at read. What else it is to do stands in --config (docs/config.md). SIGHUP reads the file again, SIGTERM ends.

Examples:
  wirelag agent                                     with what is built in
  wirelag agent --config /etc/wirelag.yaml          alerts, OTLP, names of services
  wirelag agent --check-config --config FILE        says what is wrong with the file, and nothing else
  wirelag agent --listen off --store clickhouse://recorder:secret@db/wirelag`

export const add: AddCommand = (command, context) => {
  command
    .addOption(new Option('--config <FILE>', 'what to do: YAML, see docs/config.md'))
    .addOption(new Option('--check-config', 'only look whether the file is right'))
    .addOption(
      new Option('--state-dir <FOLDER>', 'the flight recorder: default $STATE_DIRECTORY, else /var/lib/wirelag'),
    )
    .addOption(new Option('--store <URL>', 'history in ClickHouse: clickhouse://[user:password@]host[:port]/database'))
    .addOption(
      new Option('--listen <ADDRESS>', 'for /metrics: default 127.0.0.1:9474; or off').argParser(
        optionValue('--listen', parseListenAddress),
      ),
    )
    .addOption(new Option('--json', 'what it says as one JSON object a line'))
    .addOption(durationOption())
    .addOption(cpuBudgetOption())
  addRingOption(command, ringBytes)
  command.addHelpText('after', examples).action(async (options: AgentCommandOptions) => {
    if (context.childArgs) throw usageError('agent watches everything: it takes no command after --')
    if (options.checkConfig) return checkConfig(options.config)
    await runAgent(options)
  })
}

async function checkConfig(file: string | undefined): Promise<void> {
  if (file === undefined) throw usageError('--check-config: which file? Give --config FILE')
  const { readConfig } = await import('../../config/config.ts')
  readConfig(file)
  process.stdout.write(`${file} is right.\n`)
}

/** Until SIGTERM, Ctrl-C or the duration. */
async function runAgent(options: AgentCommandOptions): Promise<void> {
  const end = Promise.withResolvers<void>()
  const stop = (): void => end.resolve()
  process.on('SIGINT', stop).on('SIGTERM', stop)
  // Also while it begins: the file is read again as soon as it runs.
  const started = AgentRun.start(options)
  const reload = (): void => void started.then((run) => run.reload())
  process.on('SIGHUP', reload)
  const run = await started
  const timer = options.duration === undefined ? undefined : setTimeout(stop, options.duration / 1e6)
  try {
    await end.promise
  } finally {
    clearTimeout(timer)
    process.off('SIGHUP', reload)
    await run.stop()
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}
