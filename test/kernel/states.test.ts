import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { Actor } from '../../lab/actor.ts'
import { dropInput, setSysctl, twoHosts } from '../../lab/network.ts'
import { parseState, type OldSocket, type StateCounts, type StateRow } from '../../src/model/socket-state.ts'
import { ownedStates, StateSurveyor, surveyStates } from '../../src/pipeline/state-survey.ts'
import { bookOf, inNetns, isBalanced, Recording } from './recording.ts'

const addresses = ['127.0.0.1', '::1']

/** What makeStates() leaves behind, for each of two addresses. */
const made: StateCounts = {
  LISTEN: 5,
  SYN_SENT: 1,
  SYN_RECV: 1,
  ESTABLISHED: 4,
  FIN_WAIT1: 1,
  FIN_WAIT2: 4,
  TIME_WAIT: 1,
  CLOSE_WAIT: 2,
  LAST_ACK: 1,
  CLOSING: 1,
}

function timesAddresses(counts: StateCounts): StateCounts {
  return Object.fromEntries(Object.entries(counts).map(([state, count]) => [state, count * addresses.length]))
}

/** Sockets in every state that the kernel knows, over IPv4 and IPv6. */
async function makeStates(host: Actor): Promise<void> {
  dropInput(host, [
    'tcp dport 7001 drop',
    'tcp dport 7002 tcp flags & (syn|ack) == ack drop',
    'tcp dport 7003 tcp flags & fin == fin drop',
    'tcp sport 7004 tcp flags & fin == fin drop',
    'tcp dport 7005 tcp flags & fin == fin drop',
  ])
  for (const [i, address] of addresses.entries()) {
    const family = address.includes(':') ? 6 : 4
    const name = (text: string): string => `${text}-${i}`
    for (const port of [7000, 7002, 7003, 7004, 7005]) await host.do(`listen ${name(`l${port}`)} ${address} ${port} 5`)
    const connect = async (socket: string, port: number): Promise<void> => {
      await host.do(`tcp ${name(socket)} ${family}`)
      await host.do(`connect ${name(socket)} ${address} ${port}`)
    }
    const pair = async (socket: string, port: number): Promise<void> => {
      await connect(`c-${socket}`, port)
      await host.do(`accept ${name(`l${port}`)} ${name(`s-${socket}`)}`)
    }
    await pair('open', 7000)
    await host.do(`tcp ${name('waiting')} ${family}`)
    await host.do(`option ${name('waiting')} nonblock 1`)
    await assert.rejects(host.do(`connect ${name('waiting')} ${address} 7001`), { code: 'EINPROGRESS' })
    await connect('half', 7002)
    await pair('shut', 7000)
    await host.do(`shutdown ${name('c-shut')}`)
    await pair('left', 7000)
    await host.do(`close ${name('c-left')}`)
    await pair('fin', 7003)
    await host.do(`shutdown ${name('c-fin')}`)
    await pair('last', 7004)
    await host.do(`shutdown ${name('c-last')}`)
    await host.do(`recv ${name('s-last')} 1`)
    await host.do(`close ${name('s-last')}`)
    await pair('both', 7005)
    await host.do(`shutdown ${name('c-both')}`)
    await host.do(`shutdown ${name('s-both')}`)
    await pair('over', 7000)
    await host.do(`close ${name('c-over')}`)
    await host.do(`recv ${name('s-over')} 1`)
    await host.do(`close ${name('s-over')}`)
  }
}

function ss(host: Actor, args: string): string[] {
  const options = ['--net', `--target=${host.pid}`, 'ss', ...args.split(' ')]
  const text = execFileSync('nsenter', options, { encoding: 'utf8', maxBuffer: 1 << 28 })
  return text.split('\n').filter((line) => line !== '')
}

/** What `ss -tan` counts. */
function ssCounts(host: Actor): StateCounts {
  const counts: StateCounts = {}
  for (const line of ss(host, '-tanH')) {
    const state = parseState(/^\S+/.exec(line)?.[0] ?? '')
    counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 10_000
  while (!(await condition())) {
    assert.ok(Date.now() < deadlineMs, 'waited in vain')
    await sleep(20)
  }
}

function rowOf(rows: readonly StateRow[], netns: number): StateRow | undefined {
  return rows.find(({ subject }) => subject.netns === netns)
}

test('every state, in three namespaces at once, IPv4 and IPv6: as ss counts them', async () => {
  await using a = await Actor.inNewNamespace()
  await using b = await Actor.inNewNamespace()
  await using c = await Actor.inNewNamespace()
  const hosts = [a, b, c]
  await Promise.all(hosts.map((host) => makeStates(host)))
  const expected = timesAddresses(made)
  await until(() => hosts.every((host) => isDeepStrictEqual(ssCounts(host), expected)))
  const surveyor = new StateSurveyor({ by: 'netns', filter: inNetns(...hosts) })
  try {
    for (let i = 0; i < 10; i++) {
      const { rows, states, total } = await surveyor.survey()
      assert.equal(rows.length, hosts.length)
      for (const host of hosts) {
        const counted = ssCounts(host)
        assert.deepEqual(rowOf(rows, host.netns)?.states, expected)
        assert.deepEqual(counted, expected)
      }
      assert.equal(states.SYN_RECV, 2 * hosts.length)
      assert.equal(total, 21 * 2 * hosts.length)
    }
  } finally {
    surveyor.close()
  }
})

/** The users that ss shows of the sockets in a state, by local and peer end: `127.0.0.1:7000 127.0.0.1:40000` → pid, fd. */
function ssHolders(host: Actor, state: string): Map<string, string> {
  return new Map(
    ss(host, `-tanpH state ${state}`).map((line) => {
      const [, , local = '', peer = ''] = line.trim().split(/\s+/)
      const [, pid, fd] = /pid=(\d+),fd=(\d+)/.exec(line) ?? []
      return [`${local} ${peer}`, `${pid} ${fd}`]
    }),
  )
}

function ends({ socket: { local, peer } }: OldSocket): string {
  const text = ({ address, port }: { address: string; port: number }): string =>
    `${address.includes(':') ? `[${address}]` : address}:${port}`
  return `${text(local)} ${text(peer)}`
}

test('CLOSE_WAIT and SYN_SENT with their holder, its descriptor and their age', async () => {
  await using host = await Actor.inNewNamespace()
  const startMs = performance.now()
  await makeStates(host)
  await until(() => isDeepStrictEqual(ssCounts(host), timesAddresses(made)))
  await sleep(300)
  const { oldest } = await surveyStates({ by: 'netns', filter: inNetns(host) })
  const elapsedMs = performance.now() - startMs
  const of = (state: string): OldSocket[] => oldest.filter((old) => old.state === state)
  const told = (state: string): string[] =>
    of(state)
      .map((old) => `${ends(old)} ${old.owner?.pid} ${old.fd}`)
      .toSorted()
  const expected = (state: string): string[] =>
    [...ssHolders(host, state)].map(([both, holder]) => `${both} ${holder}`).toSorted()
  assert.equal(of('CLOSE_WAIT').length, 4)
  assert.deepEqual(told('CLOSE_WAIT'), expected('close-wait'))
  assert.equal(of('SYN_SENT').length, 2)
  assert.deepEqual(told('SYN_SENT'), expected('syn-sent'))
  for (const { ageMs, owner, isAgeLowerBound, state, connectionId } of oldest) {
    // The kernel's ticks are 10 ms at most.
    assert.ok(ageMs !== undefined && ageMs >= 290 && ageMs <= elapsedMs + 10, `${ageMs} of ${elapsedMs}`)
    assert.equal(owner?.pid, host.pid)
    assert.equal(owner.identity?.service, 'actor')
    assert.equal(isAgeLowerBound, state === 'CLOSE_WAIT')
    assert.ok(connectionId)
  }
})

test('by listener, peer and owner: each socket once, those that nobody holds with whose they were', async () => {
  await using host = await Actor.inNewNamespace()
  await makeStates(host)
  await until(() => isDeepStrictEqual(ssCounts(host), timesAddresses(made)))
  const filter = inNetns(host)
  const listeners = (await surveyStates({ by: 'listener', filter })).rows
  const listener = listeners.find(
    ({ subject }) => subject.listener?.address === '::1' && subject.listener.port === 7000,
  )
  assert.deepEqual(listener?.states, { LISTEN: 1, ESTABLISHED: 1, CLOSE_WAIT: 2 })
  const outgoing = listeners.find(({ subject }) => subject.listener === undefined)
  assert.deepEqual(outgoing?.states, {
    SYN_SENT: 2,
    ESTABLISHED: 4,
    FIN_WAIT1: 2,
    FIN_WAIT2: 6,
    TIME_WAIT: 2,
    CLOSING: 2,
  })
  const peers = (await surveyStates({ by: 'peer', filter })).rows
  const peer = peers.find(({ subject }) => subject.peer?.address === '::1' && subject.peer.port === 7000)
  assert.deepEqual(peer?.states, { ESTABLISHED: 1, FIN_WAIT2: 2, TIME_WAIT: 1 })
  const survey = await surveyStates({ by: 'owner', filter })
  const owners = survey.rows
  assert.deepEqual(
    owners.map(({ subject, states }) => [subject.process?.pid, states]),
    [[host.pid, timesAddresses(made)]],
  )
  assert.deepEqual(
    ownedStates(survey)
      .filter(({ state }) => state === 'SYN_SENT' || state === 'CLOSE_WAIT')
      .map(({ owner, ...counts }) => [owner?.pid, counts]),
    [
      [host.pid, { state: 'SYN_SENT', netns: host.netns, peer: { address: '127.0.0.1', port: 7001 }, now: 2 }],
      [host.pid, { state: 'CLOSE_WAIT', netns: host.netns, peer: undefined, now: 4 }],
    ],
  )
})

test('filters: ports, state, service', async () => {
  await using host = await Actor.inNewNamespace()
  await makeStates(host)
  await until(() => isDeepStrictEqual(ssCounts(host), timesAddresses(made)))
  const filter = inNetns(host)
  const of = (port: number): { include: { low: number; high: number }[]; exclude: [] } => ({
    include: [{ low: port, high: port }],
    exclude: [],
  })
  const countsOf = async (options: Partial<Parameters<typeof surveyStates>[0]>): Promise<StateCounts> =>
    (await surveyStates({ by: 'netns', ...options, filter: { ...filter, ...options.filter } })).states
  assert.deepEqual(await countsOf({ filter: { localPort: of(7002) } }), { LISTEN: 2, SYN_RECV: 2 })
  assert.deepEqual(await countsOf({ filter: { peerPort: of(7004) } }), { FIN_WAIT2: 2 })
  assert.deepEqual(await countsOf({ states: new Set(['CLOSING', 'LAST_ACK']) }), { LAST_ACK: 2, CLOSING: 2 })
  const service = (name: string): { include: string[]; exclude: [] } => ({ include: [name], exclude: [] })
  assert.deepEqual(await countsOf({ filter: { service: service('actor') } }), timesAddresses(made))
  assert.deepEqual(await countsOf({ filter: { service: service('another') } }), {})
})

const many = 25_000

/** Makes TIME_WAITs at the side that accepts, each of its own port: another connection from the same would replace it. */
async function makeTimeWaits(server: Actor, client: Actor, from: string, to: string): Promise<void> {
  setSysctl(server, 'net.ipv4.tcp_max_tw_buckets', '200000')
  // Some last segments cross, and are answered by a reset, which ends a TIME_WAIT.
  setSysctl(server, 'net.ipv4.tcp_rfc1337', '1')
  await server.do(`listen l ${to} 70 1000`)
  const accepting = server.in('acceptor', `repeat ${many} accept l s ; close s`)
  await Promise.all(
    Array.from({ length: many }, (_, i) =>
      client.do(`repeat 1 tcp c 4 ; bind c ${from} ${2000 + i} ; connect c ${to} 70 ; recv c 1 ; close c`),
    ),
  )
  await accepting
}

test(`${many} TIME_WAITs are counted, and are their listener's owner's`, async () => {
  await using hosts = await twoHosts()
  const { a, b, addressA, addressB } = hosts
  // Another service beside it: whose they are follows from the port alone.
  const bystander = spawn('nsenter', ['--net', `--target=${b.pid}`, 'sleep', '1000'], { stdio: 'ignore' })
  try {
    await makeTimeWaits(b, a, addressA, addressB)
    await until(() => isDeepStrictEqual(ssCounts(b), { LISTEN: 1, TIME_WAIT: many }))
    const { rows, total } = await surveyStates({ by: 'owner', filter: inNetns(b) })
    assert.deepEqual(
      rows.map(({ subject, states }) => [subject.process?.pid, states]),
      [[b.pid, { LISTEN: 1, TIME_WAIT: many }]],
    )
    assert.equal(total, many + 1)
  } finally {
    bystander.kill('SIGKILL')
  }
})

test('TIME_WAITs of a client: whoever else talks to that peer, the only service there, else unknown', async () => {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  await b.do(`listen l ${addressB} 7000 100`)
  for (let i = 0; i < 3; i++) {
    await a.do('tcp c 4')
    await a.do(`connect c ${addressB} 7000`)
    await b.do('accept l s')
    await a.do('close c')
    await b.do('recv s 1')
    await b.do('close s')
  }
  await until(() => isDeepStrictEqual(ssCounts(a), { TIME_WAIT: 3 }))
  const ownersOfA = async (): Promise<(number | undefined)[][]> =>
    (await surveyStates({ by: 'owner', filter: inNetns(a) })).rows.map(({ subject, total }) => [
      subject.process?.pid,
      total,
    ])
  assert.deepEqual(await ownersOfA(), [[a.pid, 3]])
  const other = spawn('nsenter', ['--net', `--target=${a.pid}`, 'sleep', '1000'], { stdio: 'ignore' })
  try {
    await until(async () => (await ownersOfA())[0]?.[0] === undefined)
    assert.deepEqual(await ownersOfA(), [[undefined, 3]])
    await a.do('tcp d 4')
    await a.do(`connect d ${addressB} 7000`)
    assert.deepEqual(await ownersOfA(), [[a.pid, 4]])
  } finally {
    other.kill('SIGKILL')
  }
})

test('changes of state, with owner and ends, every one accounted for', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await Recording.start({ signals: ['state'], stateRows: true, filter: inNetns(host) })
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  const { value: clientPort } = await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('close c')
  await host.do('recv s 1')
  await host.do('close s')
  await host.do('close l')
  await recording.until(() => recording.states.length === 11)
  const told = (localPort: number): string[] =>
    recording.states
      .filter(({ socket }) => socket.local.port === localPort)
      .map(({ from, to, owner }) => `${from} ${to} ${owner?.pid}`)
  assert.deepEqual(told(clientPort), [
    `SYN_SENT ESTABLISHED ${host.pid}`,
    `ESTABLISHED FIN_WAIT1 ${host.pid}`,
    `FIN_WAIT1 FIN_WAIT2 ${host.pid}`,
    `FIN_WAIT2 CLOSE ${host.pid}`,
  ])
  assert.deepEqual(told(port), [
    `CLOSE LISTEN ${host.pid}`,
    'SYN_RECV ESTABLISHED undefined',
    `ESTABLISHED CLOSE_WAIT ${host.pid}`,
    `CLOSE_WAIT LAST_ACK ${host.pid}`,
    `LAST_ACK CLOSE ${host.pid}`,
    `LISTEN CLOSE ${host.pid}`,
  ])
  // The port is chosen only after that.
  assert.deepEqual(told(0), [`CLOSE SYN_SENT ${host.pid}`])
  const result = recording.stop()
  const book = bookOf(result, 'state')
  assert.deepEqual([book.delivered, book.lost, book.invalid, isBalanced(book)], [11, 0, 0, true])
  assert.deepEqual(
    result.books.map(({ signal }) => signal),
    ['state'],
  )
})
