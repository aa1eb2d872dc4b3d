// Runs in a guest whose first process is systemd: has it start, reload and stop the unit, and reports as the other guests do.
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { reportPrefix, type Check } from '../report.ts'

const logFile = '/run/wirelag.log'
const patienceMs = 30_000

function systemctl(...args: string[]): { exitCode: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('/bin/systemctl', args, { encoding: 'utf8' })
  return { exitCode: status, output: `${stdout}${stderr}` }
}

/** Properties of the unit. */
function shown(...names: string[]): Record<string, string> {
  const { output } = systemctl('show', 'wirelag', `--property=${names.join()}`)
  return Object.fromEntries(
    output.split('\n').flatMap((line) => [...line.matchAll(/^(\w+)=(.*)$/g)].map((m) => [m[1], m[2]])),
  )
}

/** Of /proc/PID/status. */
function statusOf(pid: string, ...names: string[]): Record<string, string | undefined> {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Object.fromEntries(names.map((name) => [name, new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(text)?.[1]]))
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

const checks: Check[] = []
function check(name: string, expected: unknown, actual: unknown): void {
  checks.push({ name, expected, actual })
}

check('systemd starts it, and is told when it watches', { exitCode: 0, output: '' }, systemctl('start', 'wirelag'))
const { MainPID: pid = '', ...state } = shown('MainPID', 'ActiveState', 'SubState', 'StatusText', 'NRestarts')
const running = { ActiveState: 'active', SubState: 'running', StatusText: 'watching guest', NRestarts: '0' }
check('systemd says of it', running, state)
// CAP_DAC_READ_SEARCH is 2, CAP_NET_ADMIN 12, CAP_SYS_PTRACE 19, CAP_SYS_ADMIN 21.
const capabilities = [2, 12, 19, 21].reduce((sum, bit) => sum + 2 ** bit, 0)
const rights = { CapEff: capabilities.toString(16).padStart(16, '0'), NoNewPrivs: '1', Seccomp: '2' }
check('its rights', rights, statusOf(pid, 'CapEff', 'NoNewPrivs', 'Seccomp'))

const page = await (await fetch('http://127.0.0.1:9474/metrics', { headers: { accept: 'text/plain' } })).text()
const signals = page.match(/^wirelag_probe_status\{.*$/gm) ?? []
check('signals that it has', true, signals.length >= 10)
check(
  'signals that are off',
  [],
  signals.filter((line) => !line.endsWith(' 1')),
)

check('it is told to read its configuration anew', { exitCode: 0, output: '' }, systemctl('reload', 'wirelag'))
const log = (): string => readFileSync(logFile, 'utf8')
for (const deadline = Date.now() + patienceMs; Date.now() < deadline && !log().includes('read again');) await sleep(100)
check('it has read its configuration anew', true, log().includes('the configuration was read again'))
check('its history is its own', ['700', '600'], ['/var/lib/wirelag', '/var/lib/wirelag/history.db'].map(modeOf))

check('systemd stops it', { exitCode: 0, output: '' }, systemctl('stop', 'wirelag'))
check('it ended well', { ActiveState: 'inactive', Result: 'success' }, shown('ActiveState', 'Result'))
check('it warned of', [], log().match(/^\S+ (warning|error) .*$/gm) ?? [])

process.stdout.write(`${reportPrefix}${JSON.stringify({ step: 'systemd', signals: [], checks })}\n`)
process.exitCode = checks.every(({ expected, actual }) => isDeepStrictEqual(expected, actual)) ? 0 : 1
