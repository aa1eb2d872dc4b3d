import { existsSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { faults, faultOf } from '../../../lab/faults/catalogue.ts'
import type { Fault } from '../../../lab/faults/fault.ts'
import { parseDurationNs } from '../../lib/duration.ts'
import { OperatorError, usageError } from '../../lib/operator-error.ts'
import type { AddCommand } from '../command-context.ts'
import { diagnosisRun } from '../diagnosis-run.ts'
import { optionValue } from '../options/option-value.ts'
import { defaultRingBytes } from '../options/watch-options.ts'
import { diagnosisText } from '../render/finding-text.ts'
import { stylesFor } from '../render/styles.ts'
import { Option } from 'commander'

interface DemoOptions {
  list?: true
  /** Nanoseconds. */
  duration: number
}

/** What plays the programs that go wrong. */
const actorFile = fileURLToPath(new URL('../../../build/lab/actor', import.meta.url))

const defaultFault = 'slow-reader-asleep'
/** Of what comes again and again. */
const longDurationNs = 20e9

const examples = `
Makes a fault for real, on sockets in namespaces and cgroups of its own, and has wirelag find it. Nothing outside of them is
touched, and nothing is left behind.

Examples:
  wirelag demo --list            every fault, explained
  wirelag demo                   ${defaultFault}
  wirelag demo packet-loss`

export const add: AddCommand = (command, context) => {
  command
    .argument('[FAULT]', `what goes wrong (default: ${defaultFault})`)
    .option('--list', 'explain every fault')
    .addOption(
      new Option('--duration <TIME>', 'how long it is looked at')
        .default(8e9, '8s')
        .argParser(optionValue('--duration', parseDurationNs)),
    )
    .addHelpText('after', examples)
    .action(async (name: string | undefined, options: DemoOptions) => {
      if (options.list) process.stdout.write(faults.map((fault) => explained(fault)).join('\n'))
      else context.onExit(await demo(name ?? defaultFault, options))
    })
}

function explained({ name, title, explain }: Fault): string {
  const lines = explain.trim().split(/\s*\n\s*/)
  return `${name}: ${title}\n${lines.map((line) => `  ${line}\n`).join('')}`
}

async function demo(name: string, { duration }: DemoOptions): Promise<number> {
  const fault = faultOf(name)
  if (!fault) throw usageError(`there is no fault '${name}'`, 'wirelag demo --list explains them.')
  if (!existsSync(actorFile))
    throw new OperatorError('WIRELAG_NOT_BUILT', 'the lab that makes faults is not built', {
      advice: 'In the checkout: sudo npm run setup -- --test',
    })
  process.stdout.write(`${explained(fault)}\nMaking it, and looking for it ...\n\n`)
  await using running = await fault.start()
  const netns = Number(/\d+/.exec(readlinkSync(`/proc/${running.culprit.pid}/ns/net`))?.[0])
  const { diagnosis } = await diagnosisRun({
    // Its other namespaces are other hosts.
    filter: { netns: { include: [{ low: netns, high: netns }], exclude: [] } },
    ringBytes: defaultRingBytes,
    durationNs: fault.cause === 'periodic-spike' ? Math.max(duration, longDurationNs) : duration,
    childArgs: undefined,
  })
  process.stdout.write(`${diagnosisText(diagnosis, stylesFor(process.stdout.isTTY)).join('\n')}\n`)
  const isFound = diagnosis.findings[0]?.cause === fault.cause
  process.stdout.write(
    `\n${isFound ? 'Found' : `Not found: it is ${fault.cause}`}; the culprit was ${running.culprit.comm}, pid ${running.culprit.pid}.\n`,
  )
  return isFound ? 0 : 1
}
