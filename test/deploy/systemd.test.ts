import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Actor } from '../../lab/actor.ts'
import { cgroupMounts } from '../../lab/engines/cgroups.ts'
import { Run, runToEnd } from '../cli/wirelag.ts'
import { checkoutFile, deployText, temporaryFolder } from './deploy-files.ts'
import { unitCapabilities, unitFile, unitSystemCalls } from './unit-file.ts'

/** What it is exposed to, as systemd sums it up; 9.6 is a unit without any limit. */
const maxExposure = 4

/** Runs what follows with these capabilities and no way to others, as systemd does. */
function limitedTo(capabilities: readonly string[]): string[] {
  const names = ['-all', ...capabilities.map((name) => `+${name.replace(/^CAP_/, '').toLowerCase()}`)]
  return ['setpriv', '--no-new-privs', '--bounding-set', names.join(',')]
}

/** Where nothing can be written but in one folder, as with ProtectSystem=strict. */
function writingOnlyTo(folder: string): string[] {
  const script =
    'mount --bind "$0" "$0"; mount -o remount,bind,ro /; mount -o remount,bind,ro /proc/sys 2>/dev/null || true; exec "$@"'
  return ['unshare', '--mount', 'sh', '-ec', script, folder]
}

interface Doctor {
  signals: { signal: string; status: string; hooks: string[] }[]
}

async function doctor(command: readonly string[] = []): Promise<Doctor['signals']> {
  const { stdout } = await runToEnd(['doctor', '--json'], command)
  return (JSON.parse(stdout) as Doctor).signals.map(({ signal, status, hooks }) => ({ signal, status, hooks }))
}

/** Sockets that listen in a namespace, as seen with these rights; undefined: the namespace is not seen. */
async function listenersSeen(netns: number, command: readonly string[]): Promise<number | undefined> {
  const { stdout } = await runToEnd(['states', '--json'], command)
  const { rows } = JSON.parse(stdout.split('\n')[0] ?? '') as { rows: { netns: number; states: { LISTEN?: number } }[] }
  return rows.find((row) => row.netns === netns)?.states.LISTEN
}

/** What code prints that runs with these rights. */
function evaluated(code: string, [file = '', ...args]: readonly string[]): string {
  const command = [...args, process.execPath, '--input-type=module', '--eval', code]
  const { stdout, stderr } = spawnSync(file, command, { encoding: 'utf8' })
  return `${stdout}${stderr}`
}

/** With the program's path replaced by that of the checkout, as it is not installed here. */
function verify(t: TestContext, text: string): { status: number | null; output: string } {
  const file = join(temporaryFolder(t), basename(unitFile))
  writeFileSync(file, text.replaceAll('/opt/wirelag', checkoutFile('').replace(/\/$/, '')))
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

test('systemd understands the unit, and says what is wrong with one that is broken', (t) => {
  assert.deepEqual(verify(t, deployText(unitFile)), { status: 0, output: '' })
  const misspelt = verify(t, deployText(unitFile).replace('WatchdogSec=60', 'WatchdogSecs=60'))
  assert.match(misspelt.output, /Unknown key .*WatchdogSecs/)
  const broken = verify(
    t,
    deployText(unitFile).replace('/opt/wirelag/bin/wirelag agent --config', '/opt/nothing agent --config'),
  )
  assert.equal(broken.status, 1, broken.output)
})

test('the unit is closed as far as its work allows', (t) => {
  const exposure = (text: string): number => {
    const file = join(temporaryFolder(t), basename(unitFile))
    writeFileSync(file, text)
    const args = ['security', '--offline=true', `--threshold=${maxExposure * 10}`, file]
    return spawnSync('systemd-analyze', args, { encoding: 'utf8' }).status ?? -1
  }
  assert.equal(exposure(deployText(unitFile)), 0)
  const open = deployText(unitFile).replaceAll(
    /^(CapabilityBoundingSet|SystemCallFilter|NoNewPrivileges|Protect\w+)=.*\n/gm,
    '',
  )
  assert.notEqual(exposure(open), 0)
})

test('with the rights of the unit the agent works as with all, and without any of them it does not', async (t) => {
  const capabilities = unitCapabilities()
  const full = await doctor()
  assert.deepEqual(await doctor(limitedTo(capabilities)), full)
  const without = (name: string): string[] => limitedTo(capabilities.filter((other) => other !== name))

  await using host = await Actor.inNewNamespace()
  await host.do('listen l 127.0.0.1 0 5')
  assert.equal(await listenersSeen(host.netns, limitedTo(capabilities)), 1)

  await t.test('CAP_SYS_ADMIN', async () => {
    const signals = await doctor(without('CAP_SYS_ADMIN'))
    assert.notDeepEqual(signals, full)
  })
  await t.test('CAP_SYS_PTRACE', async () => {
    assert.equal(await listenersSeen(host.netns, without('CAP_SYS_PTRACE')), undefined)
  })
  await t.test('CAP_DAC_READ_SEARCH', () => {
    const mount = cgroupMounts().find(({ isV2 }) => isV2)
    assert.ok(mount, 'no hierarchy of cgroups v2 is mounted')
    const file = checkoutFile('src/kernel/cgroup-folders.ts')
    const code = `console.log((await import('${file}')).cgroupPathOf('${mount.folder}', ${statSync(mount.folder).ino}))`
    assert.equal(evaluated(code, limitedTo(capabilities)), '/\n')
    assert.equal(evaluated(code, without('CAP_DAC_READ_SEARCH')), 'undefined\n')
  })
  await t.test('CAP_NET_ADMIN', () => {
    const end = "{ address: '127.0.0.1', port: 9 }"
    const tuples = `[{ protocol: 'tcp', source: ${end}, destination: ${end} }]`
    const file = checkoutFile('src/kernel/conntrack.ts')
    const code = `console.log(await (await import('${file}')).lookupTranslations('', ${tuples}).catch(({ code }) => code))`
    assert.equal(evaluated(code, limitedTo(capabilities)), '[ undefined ]\n')
    assert.equal(evaluated(code, without('CAP_NET_ADMIN')), 'WIRELAG_NO_RIGHTS\n')
  })
})

/** What an agent told until its page said what is wanted. */
async function pageOf(t: TestContext, wanted: RegExp, wrap: (folder: string) => string[]): Promise<string> {
  const folder = join(temporaryFolder(t), 'state')
  mkdirSync(folder)
  using run = new Run(['agent', '--json', '--state-dir', folder, '--listen', '127.0.0.1:0'], wrap(folder))
  await run.until(({ stdout }) => stdout.includes('"url":'))
  const url = /"url":"([^"]+)"/.exec(run.stdout)?.[1] ?? ''
  let page = ''
  for (const deadline = Date.now() + 20_000; Date.now() < deadline && !wanted.test(page); await delay(100))
    page = await (await fetch(url, { headers: { accept: 'text/plain' } })).text()
  assert.match(page, wanted)
  run.kill('SIGTERM')
  const { exitCode, stdout, stderr } = await run.ended()
  assert.deepEqual([exitCode, stderr], [0, ''])
  assert.ok(!stdout.includes('history off'), stdout)
  return page
}

test('where only its state can be written the agent sees as much, and names who listens in another namespace', async (t) => {
  await using host = await Actor.inNewNamespace()
  await host.do('listen l 127.0.0.1 0 5')
  const wanted = /^wirelag_tcp_connections\{service="actor".*state="LISTEN"\} [1-9]/m
  const limited = await pageOf(t, wanted, (folder) => [...writingOnlyTo(folder), ...limitedTo(unitCapabilities())])
  const free = await pageOf(t, wanted, () => ['env'])
  const signals = (page: string): string[] => page.match(/^wirelag_probe_status\{.*$/gm) ?? []
  assert.ok(signals(free).length >= 10)
  assert.deepEqual(signals(limited), signals(free))
})

test('every system call that the agent makes is one that the unit allows', async (t) => {
  const folder = temporaryFolder(t)
  const trace = join(folder, 'trace')
  const command = ['strace', '--follow-forks', '--quiet=all', '-o', trace, ...limitedTo(unitCapabilities())]
  const args = ['agent', '--state-dir', join(folder, 'state'), '--listen', '127.0.0.1:0', '--duration', '3s']
  const { exitCode, stderr } = await runToEnd(args, command)
  assert.equal(exitCode, 0, stderr)
  const calls = new Set(readFileSync(trace, 'utf8').match(/(?<=^\d+ +)\w+(?=\()/gm))
  assert.ok(calls.has('bpf') && calls.has('setns'))
  const allowed = new Set(unitSystemCalls())
  assert.deepEqual(
    [...calls].filter((name) => !allowed.has(name)),
    [],
  )
})
