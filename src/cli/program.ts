import { Command, CommanderError } from 'commander'
import { usageError } from '../lib/operator-error.ts'
import type { AddCommand } from './command-context.ts'
import { ownVersion } from './own-version.ts'

/** What the command line leaves to a command: its exit code. */
type ExitCode = number

const examples = `
Examples:
  wirelag trace                        connections as they open, are accepted, fail and close
  wirelag trace --slow 5ms --port 443  only those whose handshake or accept wait passed 5 ms
  wirelag pktlat 1000                  data that waited over 1000 µs for its reader
  wirelag why                          what is the matter, with evidence
  wirelag states --by service          who has how many sockets in which state
  wirelag -- curl http://example.com/  run a command and see its connections
  wirelag doctor                       what this kernel lets wirelag see`

/**
 * Runs one command line.
 *
 * @param args without node and script
 * @returns the exit code
 * @throws OperatorError for a usage error, or what the command throws
 */
export async function runProgram(args: readonly string[]): Promise<ExitCode> {
  const separator = args.indexOf('--')
  const ownArgs = separator < 0 ? args : args.slice(0, separator)
  const childArgs = separator < 0 ? undefined : args.slice(separator + 1)
  if (childArgs?.length === 0) throw usageError('there is no command after --')
  let exitCode: ExitCode = 0
  const programArgs = ownArgs.length === 0 && childArgs ? ['trace'] : [...ownArgs]
  const program = await buildProgram(programArgs, childArgs, (code) => (exitCode = code))
  try {
    await program.parseAsync(programArgs, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    throw usageError(error.message.replace(/^error: /, ''))
  }
  return exitCode
}

/** Each command's module is loaded only when it is the one to run. */
const commands: { name: string; summary: string; load: () => Promise<{ add: AddCommand }> }[] = [
  {
    name: 'trace',
    summary: 'connections as they open, are accepted, fail and close',
    load: () => import('./commands/trace.ts'),
  },
  {
    name: 'pktlat',
    summary: 'how long received data waits until a thread reads it',
    load: () => import('./commands/pktlat.ts'),
  },
  {
    name: 'send',
    summary: 'how long programs are held up when they send, by process or service',
    load: () => import('./commands/send.ts'),
  },
  {
    name: 'top',
    summary: 'live table of processes, services or edges: every stage, failures, throughput',
    load: () => import('./commands/top.ts'),
  },
  {
    name: 'why',
    summary: 'what is the matter: named causes with evidence, and those ruled out',
    load: () => import('./commands/why.ts'),
  },
  {
    name: 'demo',
    summary: 'makes a fault for real, in namespaces of its own, and finds it',
    load: () => import('./commands/demo.ts'),
  },
  {
    name: 'states',
    summary: 'how many TCP sockets are in which state, and whose they are',
    load: () => import('./commands/states.ts'),
  },
  {
    name: 'agent',
    summary: 'all of it, always on: flight recorder, metrics, alerts',
    load: () => import('./commands/agent.ts'),
  },
  {
    name: 'at',
    summary: 'what went on at a past moment, from the flight recorder',
    load: () => import('./commands/at.ts'),
  },
  {
    name: 'diff',
    summary: 'two past times compared: what moved, the most first',
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'record',
    summary: 'an incident file that travels: what goes on now, or went on then',
    load: () => import('./commands/record.ts'),
  },
  {
    name: 'replay',
    summary: 'what was the matter in an incident file',
    load: () => import('./commands/replay.ts'),
  },
  {
    name: 'fleet',
    summary: 'hosts and services of a fleet side by side, and who is out of line',
    load: () => import('./commands/fleet.ts'),
  },
  {
    name: 'store',
    summary: 'makes the tables for the flight recorders in a ClickHouse, and tells what is there',
    load: () => import('./commands/store.ts'),
  },
  {
    name: 'incidents',
    summary: 'what took long or failed, one by one, searched in the flight recorder',
    load: () => import('./commands/incidents.ts'),
  },
  {
    name: 'doctor',
    summary: 'what this kernel lets wirelag see, and what is lost without it',
    load: () => import('./commands/doctor.ts'),
  },
]

async function buildProgram(
  args: readonly string[],
  childArgs: readonly string[] | undefined,
  onExit: (code: ExitCode) => void,
): Promise<Command> {
  const program = new Command('wirelag')
    .description('Where did the network time go? TCP sockets of this host, seen from inside the kernel.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .usage('COMMAND [options]\n       wirelag [COMMAND options] -- PROGRAM [arguments]')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .allowExcessArguments()
    .action(() => {
      const [unknown] = program.args
      if (unknown !== undefined) throw usageError(`there is no command '${unknown}'`, 'wirelag --help lists them.')
      program.outputHelp()
    })
  for (const { name, summary, load } of commands) {
    const command = program.command(name).description(summary).allowExcessArguments(false)
    if (args.includes(name)) (await load()).add(command, { childArgs, onExit })
  }
  return program
}
