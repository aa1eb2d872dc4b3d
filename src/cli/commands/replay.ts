import { statSync } from 'node:fs'
import { Option } from 'commander'
import { localTime } from '../../lib/moment.ts'
import { OperatorError, usageError } from '../../lib/operator-error.ts'
import { printable } from '../../lib/printable.ts'
import { FileStore } from '../../store/file-store.ts'
import type { IncidentFile } from '../../store/incident-file.ts'
import type { AddCommand, CommandContext } from '../command-context.ts'
import { wantedHistories } from '../history-view.ts'
import { withHistory } from '../options/store-option.ts'
import { showDiagnoses } from '../past-diagnosis.ts'

interface ReplayOptions {
  json?: true
}

const findingExitCode = 3

const examples = `
Judges what a file of 'wirelag record' holds, as 'wirelag why' judges what it sees: on any machine, without rights.
Exit code 3 where something was the matter; 0: nothing; 1: it cannot be read; 2: usage.

Examples:
  wirelag replay spike.wirelag
  wirelag at 03:17 --store spike.wirelag        what else went on then
  wirelag diff 03:00..03:10 03:15..03:20 --store spike.wirelag`

export const add: AddCommand = (command, context) => {
  command.argument('<FILE>', "of 'wirelag record'")
  command
    .addOption(new Option('--json', 'one JSON object a line (docs/json.md)'))
    .addHelpText('after', examples)
    .action(async (file: string, options: ReplayOptions) => context.onExit(await replay(file, options, context)))
}

async function replay(name: string, options: ReplayOptions, { childArgs }: CommandContext): Promise<number> {
  if (childArgs) throw usageError('replay runs no command')
  if (!statSync(name, { throwIfNoEntry: false })?.isFile())
    throw new OperatorError('WIRELAG_INCIDENT_FILE', `there is no file ${name}`)
  return withHistory({ store: name }, async (store) => {
    if (!(store instanceof FileStore)) return 1
    tell(store.file, options)
    const { fromUnixMs, toUnixMs } = store.file.header
    const histories = await wantedHistories(store, { fromUnixMs, toUnixMs, notes: [] }, {})
    return (await showDiagnoses(store, histories, options)) ? findingExitCode : 0
  })
}

function tell({ header, setAside, isTorn }: IncidentFile, { json }: ReplayOptions): void {
  const { wirelag, kernel, hosts, fromUnixMs, toUnixMs, isRedacted } = header
  if (json) {
    const times = {
      fromUnixNs: String(BigInt(fromUnixMs) * 1_000_000n),
      toUnixNs: String(BigInt(toUnixMs) * 1_000_000n),
    }
    process.stdout.write(
      `${JSON.stringify({ kind: 'replay', wirelag, kernel, hosts, ...times, isRedacted, setAside, isTorn })}\n`,
    )
    return
  }
  const redacted = isRedacted ? '; names and addresses are replaced' : ''
  process.stdout.write(
    `Written by wirelag ${printable(wirelag)} on Linux ${printable(kernel)}, ${localTime(fromUnixMs)} to ${localTime(toUnixMs)}${redacted}\n`,
  )
  if (setAside > 0) process.stdout.write(`left out: ${setAside} lines that could not be read\n`)
  if (isTorn) process.stdout.write('the file is torn: its end is missing\n')
}
