import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { probeSignals } from '../../src/kernel/probe-signals.ts'
import { Run, runToEnd } from './wirelag.ts'

const withoutRights = ['setpriv', '--bounding-set=-bpf,-perfmon,-sys_admin']
/** A mount namespace in which the kernel shows no BTF. */
const withoutBtf = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /sys/kernel/btf && exec "$@"', 'sh']

for (const args of [['trace'], ['pktlat'], ['--', 'true']]) {
  test(`without rights, wirelag ${args.join(' ')} says so and exits with 1`, async () => {
    const { exitCode, stdout, stderr } = await runToEnd(args, withoutRights)
    assert.deepEqual(
      { exitCode, stdout, stderr: stderr.split('\n')[0] },
      { exitCode: 1, stdout: '', stderr: 'wirelag: the kernel does not let this user load BPF programs' },
    )
    assert.match(stderr, /sudo/)
  })

  test(`without BTF, wirelag ${args.join(' ')} says so and exits with 1`, async () => {
    const { exitCode, stdout, stderr } = await runToEnd(args, withoutBtf)
    assert.deepEqual(
      { exitCode, stdout, stderr: stderr.split('\n')[0] },
      {
        exitCode: 1,
        stdout: '',
        stderr: 'wirelag: this kernel has no type information (BTF), which wirelag reads it by',
      },
    )
  })
}

test('doctor without rights or BTF tells what is missing and exits with 1', async () => {
  const rights = await runToEnd(['doctor'], withoutRights)
  assert.equal(rights.exitCode, 1)
  assert.match(rights.stdout, /missing: CAP_BPF CAP_PERFMON/)
  assert.match(rights.stdout, /wirelag cannot work here\.\n$/)
  const btf = await runToEnd(['doctor', '--json'], withoutBtf)
  assert.equal(btf.exitCode, 1)
  const report = JSON.parse(btf.stdout) as { ok: boolean; kernel: { hasBtf: boolean }; failure: { code: string } }
  assert.deepEqual([report.ok, report.kernel.hasBtf, report.failure.code], [false, false, 'WIRELAG_NO_BTF'])
})

test('doctor on this kernel: every signal is on; of UDP sends some cannot be seen by tracepoints', async () => {
  const { exitCode, stdout } = await runToEnd(['doctor', '--json'])
  const report = JSON.parse(stdout) as { ok: boolean; signals: { signal: string; status: string }[] }
  assert.equal(exitCode, 0)
  assert.equal(report.ok, true)
  assert.deepEqual(
    report.signals.map(({ signal, status }) => [signal, status]),
    probeSignals.map((signal) => [signal, signal === 'udpSend' ? 'degraded' : 'on']),
  )
})

/** Names of wirelag's programs that the kernel holds. */
function loadedPrograms(): string[] {
  const programs = JSON.parse(execFileSync('/usr/sbin/bpftool', ['prog', 'show', '--json']).toString()) as {
    name?: string
  }[]
  return programs.flatMap(({ name }) =>
    name !== undefined &&
    /^(connection_|connect_call|accept_|pickup_|send_|datagram_|retransmit_|reset_|drop_)/.test(name)
      ? [name]
      : [],
  )
}

async function untilUnloaded(): Promise<void> {
  const deadlineMs = Date.now() + 5000
  while (loadedPrograms().length > 0 && Date.now() < deadlineMs) await sleep(20)
}

for (const signal of ['SIGKILL', 'SIGINT', 'SIGTERM'] as const) {
  test(`nothing stays in the kernel after ${signal}`, async () => {
    using run = new Run(['trace'])
    await run.until(({ stdout }) => stdout.includes('TIME'))
    assert.ok(loadedPrograms().includes('connection_state_tp'))
    run.kill(signal)
    const { exitCode, stderr } = await run.ended()
    assert.equal(exitCode, signal === 'SIGKILL' ? null : 0)
    if (signal !== 'SIGKILL') assert.match(stderr, /connect \d+ = \d+ delivered \+ 0 lost/)
    await untilUnloaded()
    assert.deepEqual(loadedPrograms(), [])
  })
}

test('a reader that leaves ends it without a word', async () => {
  const { exitCode, stdout, stderr } = await runToEnd(
    [],
    ['sh', '-c', '"$0" trace --help | head -1; "$0" trace --duration 300ms | head -1'],
  )
  assert.equal(exitCode, 0)
  assert.match(stdout, /^Usage: wirelag trace .*\nTIME\t/)
  assert.doesNotMatch(stderr, /EPIPE|fault/)
})
