import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { Actor } from '../../../lab/actor.ts'
import type { GuestReport } from '../report.ts'
import { allowHooks } from './allowed-hooks.ts'
import { counts, work } from './workload.ts'

const main = 'src/cli/main.js'

type Row = Record<string, unknown>

/** Runs the real commands against the workload. */
export async function tryCommandLine(): Promise<GuestReport> {
  allowHooks('best')
  const doctor = spawnSync(process.execPath, [main, 'doctor', '--json'])
  const report = JSON.parse(String(doctor.stdout)) as { ok: boolean; signals: GuestReport['signals'] }
  const isHealthy = report.signals.every(({ status }) => status !== 'off')
  const rows = await rowsOf('trace')
  const ledgers = await rowsOf('trace', '--ledger')
  const samples = await rowsOf('pktlat')
  const changes = await rowsOf('states', '--events')
  const sockets = await statesOf()
  const of = (list: Row[], kind: string): number => list.filter((row) => row['kind'] === kind).length
  const established = counts.accepted + 1
  return {
    step: 'command line',
    signals: report.signals,
    checks: [
      { name: 'doctor', expected: isHealthy ? [0, true] : [1, false], actual: [doctor.status, report.ok] },
      { name: 'trace: connects', expected: established, actual: of(rows, 'connect') },
      { name: 'trace: accepts', expected: established, actual: of(rows, 'accept') },
      { name: 'trace: failures', expected: counts.refused + counts.unreachable, actual: of(rows, 'fail') },
      {
        name: 'ledgers that do not add up',
        expected: [],
        actual: ledgers.filter((row) => row['kind'] === 'ledger' && !addsUp(row)),
      },
      {
        name: 'ledgers of connections that were established',
        expected: 2 * established,
        actual: ledgers.filter((row) => row['kind'] === 'ledger' && !isFailure(row)).length,
      },
      {
        name: 'pktlat: pickups',
        expected: 2 * counts.roundTrips + counts.halfClosedReads,
        actual: of(samples, 'pickup'),
      },
      { name: 'pktlat: summary', expected: 1, actual: of(samples, 'summary') },
      {
        name: 'states: changes to ESTABLISHED',
        expected: 2 * established,
        actual: changes.filter(({ to }) => to === 'ESTABLISHED').length,
      },
      {
        name: 'states: counts, and how many are of the process',
        expected: [{ LISTEN: 1, ESTABLISHED: 2, FIN_WAIT2: 2, TIME_WAIT: 1, CLOSE_WAIT: 2 }, 8, 2],
        actual: sockets,
      },
    ],
  }
}

/** To the rounding of microseconds. */
function addsUp({ wallUs, stagesUs }: Row): boolean {
  const sum = Object.values(stagesUs as Record<string, number>).reduce((total, us) => total + us, 0)
  return Math.abs(sum - Number(wallUs)) < 0.1
}

/** Of a connect that was refused; port 9 is that of the workload's. */
function isFailure({ peerPort }: Row): boolean {
  return peerPort === 9
}

/** What a command writes of the workload. */
async function rowsOf(command: string, ...options: string[]): Promise<Row[]> {
  await using host = await Actor.inNewNamespace()
  const child = spawn(process.execPath, [main, command, '--json', ...options, '--netns', String(host.netns)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  const started = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      text += String(chunk)
      if (text.includes('"kind":"start"')) resolve()
    })
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  await Promise.race([started, ended])
  await work(host)
  child.kill('SIGINT')
  await ended
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

/** What `states` counts of some sockets, how many of them have a known owner, and how many of the oldest a descriptor. */
async function statesOf(): Promise<unknown[]> {
  await using host = await Actor.inNewNamespace()
  await host.do('listen l 127.0.0.1 7000 5')
  for (const name of ['open', 'shut', 'left', 'over']) {
    await host.do(`tcp c-${name} 4`)
    await host.do(`connect c-${name} 127.0.0.1 7000`)
    await host.do(`accept l s-${name}`)
  }
  await host.do('shutdown c-shut')
  await host.do('close c-left')
  await host.do('close c-over')
  await host.do('recv s-over 1')
  await host.do('close s-over')
  const args = [main, 'states', '--json', '--by', 'service', '--netns', String(host.netns)]
  const { states, rows, oldest } = JSON.parse(String(spawnSync(process.execPath, args).stdout)) as {
    states: Row
    rows: Row[]
    oldest: Row[]
  }
  const owned = rows.filter(({ isUnknown }) => !isUnknown).reduce((sum, { total }) => sum + Number(total), 0)
  return [states, owned, oldest.filter(({ fd, pid }) => fd !== undefined && pid === host.pid).length]
}

/** What it says, and how it ends, where the kernel cannot do it. */
export function tryRefusal(step: string, expected: string): GuestReport {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'trace', '--duration', '1s'])
  const lines = String(stderr).trimEnd().split('\n')
  return {
    step,
    signals: [],
    checks: [
      { name: 'exit code', expected: 1, actual: status },
      { name: 'rows', expected: '', actual: String(stdout) },
      { name: 'first line', expected, actual: lines[0] },
      { name: 'lines', expected: 2, actual: lines.length },
    ],
  }
}

/** Has the kernel show no BTF from now on. */
export function hideBtf(): void {
  mkdirSync('/tmp/empty')
  spawnSync('mount', ['--bind', '/tmp/empty', '/sys/kernel/btf'])
}
