import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Actor } from '../../lab/actor.ts'
import { faultOf, faults } from '../../lab/faults/catalogue.ts'
import type { Participant, RunningFault } from '../../lab/faults/fault.ts'
import { healthyLoads } from '../../lab/healthy.ts'
import {
  counter,
  cpuTimes,
  isRunning,
  labCgroupsOf,
  labMounts,
  labRemains,
  outputInside,
  received,
  socketsIn,
  processesIn,
} from './kernel-view.ts'

/** Faults show within 3 s; a busy machine is given more. */
const showsWithinMs = 9000

/** What a fault must do to the host, by the kernel's figures or the client's clock. Each is asked until it is so. */
const shows: Record<string, (running: RunningFault) => Promise<boolean> | boolean> = {
  'slow-reader-busy': ({ culprit }) => received(culprit, 'established') >= 300 && ranShare(culprit) > 0.5,
  'slow-reader-asleep': ({ culprit }) => received(culprit, 'established') >= 600 && ranShare(culprit) < 0.1,
  'slow-reader-no-cpu': ({ culprit }) => received(culprit, 'established') > 0 && waitedShare(culprit) > 0.4,
  'slow-reader-throttled': ({ culprit }) => received(culprit, 'established') >= 200 && timesThrottled(culprit) > 10,
  'slow-accept': async (running) => isBetween(await running.waitNs(50), 60, 150),
  'accept-queue-overflow': ({ culprit }) =>
    received(culprit, 'listening') > 1 && counter(culprit, 'TcpExt', 'ListenOverflows') > 20,
  'syn-filtered': ({ culprit }) =>
    socketsIn(culprit, 'syn-sent').length === 20 && counter(culprit, 'TcpExt', 'TCPSynRetrans') === 20,
  'connection-refused': ({ culprit }) => counter(culprit, 'Tcp', 'AttemptFails') > 40,
  'packet-loss': async (running) =>
    counter(running.culprit, 'TcpExt', 'TCPTimeouts') >= 4 && isBetween(await running.waitNs(100), 600, 1500),
  'local-drop': ({ culprit }) => droppedByQueue(culprit) > 100,
  'conntrack-full': ({ culprit, victim }) =>
    conntrack(culprit, 'count') >= conntrack(culprit, 'max') && counter(of(victim), 'TcpExt', 'TCPSynRetrans') === 20,
  'zero-window': ({ culprit, victim }) =>
    counter(culprit, 'TcpExt', 'TCPToZeroWindowAdv') > 0 && counter(of(victim), 'TcpExt', 'TCPWinProbe') > 0,
  'send-buffer-small': async (running) =>
    isBetween(await running.waitNs(50), 60, 200) &&
    socketsIn(running.culprit, 'established').some((line) => line.includes('sndbuf_limited')),
  'nagle-delayed-ack': async (running) => isBetween(await running.waitNs(50), 35, 70),
  'path-queueing': async (running) =>
    isBetween(await running.waitNs(50), 150, 400) && counter(running.culprit, 'Tcp', 'RetransSegs') < 20,
  'close-wait-leak': ({ culprit }) => socketsIn(culprit, 'close-wait').length > 50,
  'time-wait-storm': ({ culprit }) => isBetween(socketsIn(culprit, 'time-wait').length * 1e6, 2600, 2700),
  'port-exhaustion': async ({ culprit }) => (await connectFrom(culprit)) === 'EADDRNOTAVAIL',
  'no-pooling': ({ culprit }) => counter(culprit, 'Tcp', 'ActiveOpens') > 200,
  'syn-flood': ({ culprit }) =>
    socketsIn(culprit, 'syn-recv').length > 64 && counter(culprit, 'TcpExt', 'TCPReqQFullDoCookies') > 100,
  'cpu-starvation': async (running) =>
    waitedShare(of(running.victim)) > 0.3 && isBetween(await running.waitNs(50), 8, 500),
  'memory-pressure': async (running) =>
    timesAtLimit(running.culprit) > 1000 && isBetween(await running.waitNs(50), 5, 1000),
  'disk-full': () => labMounts().some((mountPoint) => roomBytes(mountPoint) < 65_536),
  'periodic-spike': async (running) => isBetween(await running.waitNs(100), 60, 1000),
}

test('every fault has a name, an explanation of a few lines and a cause', () => {
  assert.deepEqual(
    faults.map(({ name }) => name),
    Object.keys(shows),
  )
  for (const { name, cause, explain } of faults) {
    assert.equal(cause, name)
    assert.ok([2, 3, 4].includes(explain.split('\n').length), name)
  }
})

for (const fault of faults) {
  const { name } = fault
  test(`${name} shows soon, and nothing of it is left`, async () => {
    const running = await fault.start()
    const { culprit, netns } = running
    const processes = processesIn(netns)
    try {
      assert.equal(readFileSync(`/proc/${culprit.pid}/comm`, 'utf8').trimEnd(), culprit.comm)
      assert.ok(await isSoon(() => shows[name]?.(running) ?? false), `${name} does not show`)
    } finally {
      await running[Symbol.asyncDispose]()
    }
    assert.deepEqual(labRemains(), [])
    assert.deepEqual(processes.filter(isRunning), [])
  })
}

for (const load of healthyLoads) {
  const { name } = load
  test(`healthy: ${name}`, async () => {
    const running = await load.start()
    const { client, server, netns } = running
    const processes = processesIn(netns)
    try {
      const sent = (): number => counter(client, 'Tcp', 'OutSegs')
      const before = sent()
      assert.ok(await isSoon(() => sent() > before + 50))
      for (const [group, counterName] of [
        ['Tcp', 'RetransSegs'],
        ['TcpExt', 'ListenOverflows'],
      ] as const)
        assert.equal(counter(server, group, counterName), 0)
      if (name === 'idle') assert.equal(socketsIn(client, 'established').length, 1001)
    } finally {
      await running[Symbol.asyncDispose]()
    }
    assert.deepEqual(labRemains(), [])
    assert.deepEqual(processes.filter(isRunning), [])
  })
}

/** Starts a fault with a cgroup, a load with a folder and a fault with a mount, says where, and waits. */
const run = `
const { faultOf } = await import(process.argv[1] + 'faults/catalogue.ts')
const { healthyLoads } = await import(process.argv[1] + 'healthy.ts')
const { culprit, netns } = await faultOf('slow-reader-throttled').start()
const { server } = await healthyLoads.find(({ name }) => name === 'nginx').start()
const disk = await faultOf('disk-full').start()
console.log(JSON.stringify({ reader: culprit.pid, server: server.pid, netns: [...netns, ...disk.netns] }))
setInterval(() => {}, 1000)
`

test('what a killed run left goes with the next one', async () => {
  const lab = new URL('../../lab/', import.meta.url).href
  const child = spawn(process.execPath, ['--input-type=module', '--eval', run, lab], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const left = JSON.parse(line.toString()) as { reader: number; server: number; netns: number[] }
  const cgroups = labCgroupsOf(left.reader)
  const folder = /-p\0([^\0]+)\0/.exec(readFileSync(`/proc/${left.server}/cmdline`, 'utf8'))?.[1] ?? ''
  const mounts = labMounts(`-${child.pid}-`)
  assert.ok(cgroups.length > 0 && existsSync(folder) && mounts.length === 1)
  // It does not see that its owner is gone.
  process.kill(left.reader, 'SIGSTOP')
  const processes = processesIn(left.netns)
  const closed = once(child, 'exit')
  child.kill('SIGKILL')
  await closed
  assert.ok(isRunning(left.reader) && cgroups.every((cgroup) => existsSync(cgroup)) && existsSync(folder))
  await using _next = await faultOf('connection-refused')?.start()
  assert.deepEqual([...processes, left.server].filter(isRunning), [])
  assert.deepEqual(
    [folder, ...cgroups, ...mounts].filter((path) => existsSync(path)),
    [],
  )
  assert.deepEqual(labMounts(`-${child.pid}-`), [])
})

async function isSoon(condition: () => Promise<boolean> | boolean): Promise<boolean> {
  const deadline = Date.now() + showsWithinMs
  for (;;) {
    if (await condition()) return true
    if (Date.now() > deadline) return false
    await delay(20)
  }
}

function of(participant: Participant | undefined): Participant {
  assert.ok(participant)
  return participant
}

function isBetween(ns: number | undefined, leastMs: number, mostMs: number): boolean {
  return ns !== undefined && ns >= leastMs * 1e6 && ns <= mostMs * 1e6
}

function uptimeNs({ pid }: Participant): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  const sinceBoot = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
  return (sinceBoot - startTicks / 100) * 1e9
}

/** Of the time since it began, that its threads together ran. */
function ranShare(participant: Participant): number {
  return cpuTimes(participant).ranNs / uptimeNs(participant)
}

/** Of the time since it began, that its threads together were ready to run and did not. */
function waitedShare(participant: Participant): number {
  return cpuTimes(participant).waitedNs / uptimeNs(participant)
}

function timesThrottled({ pid }: Participant): number {
  const files = labCgroupsOf(pid).map((folder) => readFileSync(`${folder}/cpu.stat`, 'utf8'))
  return Number(/nr_throttled (\d+)/.exec(files.join('\n'))?.[1])
}

/** How often its cgroup wanted more memory than it may have. */
function timesAtLimit({ pid }: Participant): number {
  const [folder = ''] = labCgroupsOf(pid)
  const v1 = join(folder, 'memory.failcnt')
  if (existsSync(v1)) return Number(readFileSync(v1, 'utf8'))
  return Number(/^max (\d+)/m.exec(readFileSync(join(folder, 'memory.events'), 'utf8'))?.[1])
}

function roomBytes(mountPoint: string): number {
  const { bavail, bsize } = statfsSync(mountPoint)
  return bavail * bsize
}

function droppedByQueue(participant: Participant): number {
  const text = outputInside(participant, ['tc', '-s', 'qdisc', 'show', 'dev', 'cable'])
  return Number(/dropped (\d+)/.exec(text)?.[1])
}

function conntrack(participant: Participant, what: 'count' | 'max'): number {
  return Number(outputInside(participant, ['cat', `/proc/sys/net/netfilter/nf_conntrack_${what}`]))
}

/** What comes of a connect() from the namespace of a process. */
async function connectFrom({ pid }: Participant): Promise<string> {
  await using actor = await Actor.beside({ pid })
  await actor.do('tcp c 4')
  return await actor.do('connect c 10.77.0.2 7000').then(
    () => 'connected',
    (error: { code: string }) => error.code,
  )
}
