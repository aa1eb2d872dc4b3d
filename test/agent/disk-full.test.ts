import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Run } from '../cli/wirelag.ts'

/** A file system of 4 MiB. */
function smallDisk(t: TestContext): string {
  const disk = mkdtempSync(join(tmpdir(), 'wirelag-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4M', 'tmpfs', disk])
  t.after(() => {
    execFileSync('umount', ['--lazy', disk])
    rmdirSync(disk)
  })
  return disk
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(url)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = Date.now() + 40_000
  while (!(await isSo())) {
    assert.ok(Date.now() < deadlineMs, what)
    await sleep(50)
  }
}

test('with a full disk the agent goes on, says that the history is paused, and resumes by itself', async (t) => {
  const disk = smallDisk(t)
  const run = new Run(['agent', '--json', '--state-dir', join(disk, 'state'), '--listen', '127.0.0.1:0'])
  t.after(() => run.kill('SIGKILL'))
  await run.until((self) => self.stdout.includes('"url":'))
  const url = /"url":"([^"]+)"/.exec(run.stdout)?.[1] ?? ''
  assert.equal(await metric(url, 'wirelag_history_recording'), 1)

  const ballast = join(disk, 'ballast')
  const { bavail, bsize } = statfsSync(disk)
  writeFileSync(ballast, Buffer.alloc(bavail * bsize))
  await until('the pause is told', () => run.stdout.includes('history paused: the disk is full'))
  assert.equal(await metric(url, 'wirelag_history_recording'), 0)
  assert.ok((await metric(url, 'wirelag_history_dropped_records_total')) > 0)
  const cpuBefore = await metric(url, 'wirelag_agent_cpu_seconds_total')
  await until('metrics go on', async () => (await metric(url, 'wirelag_agent_cpu_seconds_total')) > cpuBefore)

  rmSync(ballast)
  await until('it is well again', () => run.stdout.includes('recorder: well again'))
  assert.equal(await metric(url, 'wirelag_history_recording'), 1)
  run.kill('SIGTERM')
  assert.equal((await run.ended()).exitCode, 0)
})
