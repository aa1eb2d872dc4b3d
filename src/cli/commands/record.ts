import { hostname, release } from 'node:os'
import { Option } from 'commander'
import { OperatorError, usageError } from '../../lib/operator-error.ts'
import type { StoredRecord } from '../../model/record.ts'
import { incidentFormat, writeIncidentFile, type IncidentHeader } from '../../store/incident-file.ts'
import { Redaction } from '../../store/redaction.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { diagnosisRun } from '../diagnosis-run.ts'
import { nothingRecorded } from '../history.ts'
import { tellNotes } from '../history-view.ts'
import { serviceRuleOf } from '../options/config-option.ts'
import { optionValue } from '../options/option-value.ts'
import { withHistory } from '../options/store-option.ts'
import { defaultRingBytes, durationOption } from '../options/watch-options.ts'
import { ownVersion } from '../own-version.ts'
import { addHistoryTimeOptions, historyWindow, isOfHistory, type HistoryTimeOptions } from '../past-diagnosis.ts'
import { recordsOfRun } from '../recording.ts'

interface RecordOptions extends HistoryTimeOptions {
  /** Nanoseconds. */
  duration?: number
  redact?: true
  config?: string
  hostName?: string
}

const defaultDurationNs = 10e9
const mostMs = 6 * 3_600_000

const examples = `
Writes a file (gzipped NDJSON) that 'wirelag replay' judges on any machine, and that at, diff and why take as --store. With
--at or --last it is of the agent's history, else of what goes on now, for 10 s or --duration. An existing file is left alone.
--redact replaces addresses, hosts, services, containers, images, names of threads and paths by others, the same by the
same throughout. Ports, process ids, times and figures stay.
Exit code 0; 1: nothing was recorded then, or the machine does not allow it; 2: usage.

Examples:
  wirelag record now.wirelag                        the next 10 s of this host
  wirelag record spike.wirelag --at 03:17 --span 5m
  wirelag record spike.wirelag --last 5m --redact   to be sent to somebody else
  wirelag replay spike.wirelag                      what was the matter`

export const add: AddCommand = (command, context) => {
  command.argument('<FILE>', 'to be written')
  command
    .addOption(durationOption())
    .addOption(new Option('--redact', 'replace addresses and names'))
    .addOption(
      new Option('--host-name <NAME>', 'what this host is called in it (default: its own name)').argParser(
        optionValue('--host-name', nameOf),
      ),
    )
    .addOption(new Option('--config <FILE>', 'what services are called here: YAML, see docs/config.md'))
  addHistoryTimeOptions(command)
  command
    .addHelpText('after', examples)
    .action(async (file: string, options: RecordOptions) => record(file, options, context))
}

function nameOf(text: string): string {
  if (text === '' || text.length > 253) throw new SyntaxError('a name is wanted')
  return text
}

async function record(file: string, options: RecordOptions, { childArgs }: CommandContext): Promise<void> {
  if (childArgs) throw usageError('record runs no command')
  const isPast = isOfHistory(options)
  if (isPast && options.duration !== undefined) throw usageError('--duration is of no use with --at or --last')
  const { records, fromUnixMs, toUnixMs } = isPast ? await recordedThen(options) : await recordedNow(options)
  const hosts = [...new Set(records.map(({ host }) => host))]
  const header: IncidentHeader = {
    kind: 'wirelag-incident',
    format: incidentFormat,
    wirelag: ownVersion(),
    hosts,
    kernel: release(),
    fromUnixMs,
    toUnixMs,
    isRedacted: options.redact ?? false,
  }
  if (!options.redact) await writeIncidentFile(file, header, records)
  else {
    const redaction = new Redaction(records)
    const redacted = records.map((one) => redaction.record(one))
    const names = hosts.map((host) => redaction.name(host, 'host'))
    await writeIncidentFile(file, { ...header, hosts: names, kernel: plainRelease(header.kernel) }, redacted)
  }
  process.stderr.write(`wirelag: ${records.length} records written to ${file}\n`)
}

/** `6.1.0` of `6.1.0-37-amd64`: what comes behind may be a name of one's own. */
function plainRelease(text: string): string {
  return /^\d+(\.\d+)*/.exec(text)?.[0] ?? ''
}

interface Recorded {
  records: readonly StoredRecord[]
  fromUnixMs: number
  toUnixMs: number
}

async function recordedThen(options: RecordOptions): Promise<Recorded> {
  const window = historyWindow(options)
  if (window.toUnixMs - window.fromUnixMs > mostMs) throw usageError('a file holds six hours at the most')
  tellNotes(window)
  return withHistory(options, async (store) => {
    const { fromUnixMs, toUnixMs } = window
    const hosts = options.on === undefined ? {} : { hosts: [options.on] }
    const records = await store.read({ fromUnixMs, toUnixMs, ...hosts })
    if (records.length === 0) throw await nothingRecorded(store, window)
    return { records, fromUnixMs, toUnixMs }
  })
}

async function recordedNow(options: RecordOptions): Promise<Recorded> {
  const run = await diagnosisRun({
    filter: {},
    serviceOf: await serviceRuleOf(options),
    ringBytes: defaultRingBytes,
    durationNs: options.duration ?? defaultDurationNs,
    childArgs: undefined,
    withHistories: true,
  })
  const records = recordsOfRun(run, options.hostName ?? hostname())
  if (records.length === 0) throw new OperatorError('WIRELAG_NOT_RECORDED', 'nothing was seen')
  return { records, fromUnixMs: run.startUnixMs, toUnixMs: Math.round(run.startUnixMs + run.observation.spanNs / 1e6) }
}
