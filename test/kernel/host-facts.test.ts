import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { CpuQuota } from '../../lab/cpu-quota.ts'
import { dropInput, setSysctl } from '../../lab/network.ts'
import { cgroupMounts } from '../../src/host/cgroup-mounts.ts'
import { conntrackStats } from '../../src/kernel/conntrack-stats.ts'
import { readInNamespace } from '../../src/kernel/namespace-files.ts'
import type { NamespaceFacts, Survey } from '../../src/model/host-facts.ts'
import { HostSurvey } from '../../src/pipeline/host-survey.ts'
import { factChanges } from '../../src/track/fact-changes.ts'

const survey = HostSurvey.create()

function factsOf({ namespaces }: Survey, netns: number): NamespaceFacts {
  const facts = namespaces.find((one) => one.netns === netns)
  assert.ok(facts, `namespace ${netns} is not in the survey`)
  return facts
}

test('each SYN that finds the accept queue full is one overflow and one drop, and none in another namespace', async () => {
  await using host = await Actor.inNewNamespace()
  await using other = await Actor.inNewNamespace()
  // On one CPU packets stay in their order.
  await host.do('bind-cpu 0')
  const { value: port } = await host.do('listen l 127.0.0.1 0 1')
  // A queue of one holds two.
  for (const name of ['a', 'b']) {
    await host.do(`tcp ${name} 4`)
    await host.do(`connect ${name} 127.0.0.1 ${port}`)
  }
  const before = await survey.take()
  const tries = 5
  for (let i = 0; i < tries; i++) {
    await host.do('tcp c 4')
    await host.do('option c nonblock 1')
    await assert.rejects(host.do(`connect c 127.0.0.1 ${port}`), { code: 'EINPROGRESS' })
    // Before the SYN is sent again.
    await host.do('close c')
  }
  const { namespaces } = factChanges(before, await survey.take())
  const counts = [host.netns, other.netns].map((netns) => {
    const change = namespaces.find((one) => one.netns === netns)
    assert.ok(change && !change.isNew)
    return [change.tcp.listenOverflows.count, change.tcp.listenDrops.count, change.tcp.activeOpens.count]
  })
  assert.deepEqual(counts, [
    [tries, tries, tries],
    [0, 0, 0],
  ])
})

test('connection tracking counts each flow of the namespace that it is on in', async () => {
  await using host = await Actor.inNewNamespace()
  await using other = await Actor.inNewNamespace()
  dropInput(host, ['ct state invalid drop'])
  await host.do('udp s 4')
  const { value: port } = await host.do('bind s 127.0.0.1 0')
  const before = await survey.take()
  const flows = 23
  for (let i = 0; i < flows; i++) {
    await host.do(`udp c${i} 4`)
    await host.do(`connect c${i} 127.0.0.1 ${port}`)
    await host.do(`send c${i} 1`)
  }
  const after = await survey.take()
  const counts = [before, after].map((one) => [host, other].map(({ netns }) => factsOf(one, netns).conntrack?.count))
  assert.deepEqual(counts, [
    [0, 0],
    [flows, 0],
  ])
  const limit = readFileSync('/proc/sys/net/netfilter/nf_conntrack_max', 'utf8')
  assert.equal(factsOf(after, host.netns).conntrack?.max, Number(limit))
  const { namespaces } = factChanges(before, after)
  assert.equal(namespaces.find(({ netns }) => netns === host.netns)?.conntrackGrowth, flows)
})

/** Columns of net/stat/nf_conntrack, a line of hexadecimal numbers for each CPU. */
const columns = {
  invalid: 'invalid',
  insertFailed: 'insert_failed',
  drop: 'drop',
  earlyDrop: 'early_drop',
  error: 'icmp_error',
  searchRestart: 'search_restart',
} as const

test('counters of connection tracking are those of its file', async (context) => {
  await using host = await Actor.inNewNamespace()
  const [empty] = await readInNamespace(host.netnsPath, 0, ['/proc/thread-self/net/stat/nf_conntrack'])
  if (empty === undefined) return context.skip('this kernel has no /proc/net/stat/nf_conntrack')
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  // A connection that it has not seen begin is invalid, where it is to be strict.
  dropInput(host, ['ct state new accept'])
  setSysctl(host, 'net.netfilter.nf_conntrack_tcp_loose', '0')
  await host.do('send c 100')
  await host.do('recv s 100')
  await host.do('close c')
  await host.do('close s')
  const [text = ''] = await readInNamespace(host.netnsPath, 0, ['/proc/thread-self/net/stat/nf_conntrack'])
  const stats = await conntrackStats(host.netnsPath, host.netns)
  assert.ok(stats && stats.invalid > 0, JSON.stringify(stats))
  for (const [name, column] of Object.entries(columns))
    assert.equal(stats[name as keyof typeof columns], columnSum(text, column), name)
})

function columnSum(text: string, column: string): number {
  const [names = [], ...cpus] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  return cpus.reduce((sum, numbers) => sum + Number.parseInt(numbers[names.indexOf(column)] ?? '', 16), 0)
}

test('settings of a namespace are read back', async () => {
  await using host = await Actor.inNewNamespace()
  const settings = {
    'net.ipv4.ip_local_port_range': '50000 50003',
    'net.ipv4.ip_local_reserved_ports': '50001,60000-60009',
    'net.ipv4.tcp_max_syn_backlog': '77',
    'net.ipv4.tcp_max_tw_buckets': '78',
    'net.core.somaxconn': '79',
    'net.ipv4.tcp_syncookies': '0',
  }
  for (const [name, value] of Object.entries(settings)) setSysctl(host, name, value)
  const { portRange, tcpMaxSynBacklog, tcpMaxTwBuckets, somaxconn, syncookies } = factsOf(
    await survey.take(),
    host.netns,
  )
  assert.deepEqual(
    { portRange, tcpMaxSynBacklog, tcpMaxTwBuckets, somaxconn, syncookies },
    {
      portRange: { low: 50_000, high: 50_003, reserved: 1 },
      tcpMaxSynBacklog: 77,
      tcpMaxTwBuckets: 78,
      somaxconn: 79,
      syncookies: 'off',
    },
  )
})

test('sockets in use and in TIME_WAIT, of both IP versions', async () => {
  await using host = await Actor.inNewNamespace()
  for (const [version, address] of [
    [4, '127.0.0.1'],
    [6, '::1'],
  ] as const) {
    const { value: port } = await host.do(`listen l${version} ${address} 0 5`)
    for (const name of ['c', 'd']) {
      await host.do(`tcp ${name}${version} ${version}`)
      await host.do(`connect ${name}${version} ${address} ${port}`)
      await host.do(`accept l${version} ${name}s${version}`)
    }
    // Who closes first goes to TIME_WAIT.
    await host.do(`close d${version}`)
    await host.do(`recv ds${version} 1`)
    await host.do(`close ds${version}`)
  }
  // Of each version a listener, and both ends of a connection.
  assert.deepEqual(factsOf(await survey.take(), host.netns).sockstat, { inuse: 6, timeWait: 2 })
})

test('a cgroup that used up its quota is there, with the numbers of its cpu.stat', async () => {
  await using actor = await Actor.inNewNamespace()
  using quota = new CpuQuota(10_000, 100_000)
  quota.add(actor.pid)
  const { v1, v2 } = cgroupMounts()
  const mountPoint = (v1.get('cpu') ?? v2)?.mountPoint
  const path = /^\d+:(?:[^:]*,)?(?:cpu(?:,[^:]*)?)?:(.*wirelag-lab-.*)$/m.exec(
    readFileSync(`/proc/${actor.pid}/cgroup`, 'utf8'),
  )?.[1]
  assert.ok(mountPoint !== undefined && path !== undefined)
  await actor.do('spin 300')
  await actor.stop()
  const stat = (): string => readFileSync(`${mountPoint}${path}/cpu.stat`, 'utf8')
  // The last period ends after the last process.
  let [found, text] = [await survey.take(), stat()]
  for (let earlier = ''; earlier !== text; [found, text] = [await survey.take(), stat()]) earlier = stat()
  const { throttledPeriods = 0, ...throttling } =
    found.host.cgroupThrottling.find((cgroup) => cgroup.path === path) ?? {}
  const number = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
  const throttledNs = v1.has('cpu') ? number('throttled_time') : 1000 * number('throttled_usec')
  assert.deepEqual(throttling, { path, quotaCpus: 0.1, periods: number('nr_periods'), throttledNs })
  assert.ok(throttledPeriods > 0)
  assert.equal(throttledPeriods, number('nr_throttled'))
})

test('a namespace that is gone is left out, and so is a name that is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-netns-'))
  const leftOver = join(folder, 'left-over')
  writeFileSync(leftOver, '')
  await using host = await Actor.inNewNamespace()
  const { netns, netnsPath } = host
  const before = await survey.take()
  factsOf(before, netns)
  await host.stop()
  const after = await HostSurvey.create({ procfs: '/proc', runNetns: folder }).take()
  assert.equal(
    after.namespaces.some((one) => one.netns === netns),
    false,
  )
  assert.ok(factChanges(before, after).ended.includes(netns))
  assert.deepEqual([after.unread.includes(statSync(leftOver).ino), after.unread.includes(netns)], [true, false])
  const files = ['/proc/sys/net/core/somaxconn', '/proc/thread-self/net/snmp']
  assert.deepEqual(await readInNamespace(netnsPath, 0, files), [undefined, undefined])
  assert.deepEqual(await readInNamespace(leftOver, 0, files), [undefined, undefined])
  assert.equal(await conntrackStats(netnsPath, 0), undefined)
  rmSync(folder, { recursive: true })
})

test('at most 256 namespaces are looked at, and it is said how many are beyond', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-many-'))
  const roots = { procfs: join(folder, 'proc'), runNetns: join(folder, 'netns') }
  mkdirSync(roots.procfs)
  mkdirSync(roots.runNetns)
  // Without processes, so that only what stands in the folder counts.
  for (const name of ['self', 'meminfo', 'loadavg', 'stat', 'sys'])
    symlinkSync(`/proc/${name}`, join(roots.procfs, name))
  for (let i = 0; i < 300; i++) writeFileSync(join(roots.runNetns, `left-over-${i}`), '')
  const { namespaces, unread, beyondBound } = await HostSurvey.create(roots).take()
  assert.deepEqual([namespaces.length, unread.length, new Set(unread).size, beyondBound], [0, 300, 300, 44])
  rmSync(folder, { recursive: true })
})

test('a path that is another namespace by now is not taken for the one that was meant', async () => {
  await using host = await Actor.inNewNamespace()
  await using other = await Actor.inNewNamespace()
  const [file] = ['/proc/sys/net/core/somaxconn']
  assert.deepEqual(await readInNamespace(host.netnsPath, other.netns, [file]), [undefined])
  assert.equal(await conntrackStats(host.netnsPath, other.netns), undefined)
  assert.deepEqual(await readInNamespace(host.netnsPath, host.netns, [file, '/nonexistent']), ['4096\n', undefined])
})

test('100 readings at once, of namespaces that are gone too, leave no descriptor', async () => {
  await using host = await Actor.inNewNamespace()
  const descriptors = (): number => readdirSync('/proc/self/fd').length
  const before = descriptors()
  const paths = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? host.netnsPath : '/nonexistent'))
  const texts = await Promise.all(paths.map((path) => readInNamespace(path, 0, ['/proc/sys/net/core/somaxconn'])))
  await Promise.all(paths.map((path) => conntrackStats(path, 0)))
  assert.deepEqual(
    texts,
    paths.map((_, i) => [i % 2 === 0 ? '4096\n' : undefined]),
  )
  assert.equal(descriptors(), before)
})

test("the host's own namespace comes first, with TCP's memory", async () => {
  const { host, namespaces } = await survey.take()
  const own = statSync('/proc/self/ns/net').ino
  const limits = readFileSync('/proc/sys/net/ipv4/tcp_mem', 'utf8').trim().split(/\s+/).map(Number)
  assert.equal(namespaces[0]?.netns, own)
  assert.deepEqual([host.tcpMemory?.lowPages, host.tcpMemory?.pressurePages, host.tcpMemory?.maxPages], limits)
})
