import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Actor, type Done } from '../../lab/actor.ts'
import { CpuQuota } from '../../lab/cpu-quota.ts'
import { dropInput, twoHosts } from '../../lab/network.ts'
import { ledgerStages, type Ledger, type LedgerStage } from '../../src/model/ledger.ts'
import { assertSpan, assertTook, bookOf, inNetns, isBalanced, Recording } from './recording.ts'

function ledgers(actor: Actor, exchangesOverNs?: number): Promise<Recording> {
  return Recording.start({
    signals: ['connect', 'accept', 'close', 'pickup', 'send', 'retransmit'],
    filter: inNetns(actor),
    ledger: { exchangesOverNs },
  })
}

/** The parts of a ledger add up to its wall time, exactly. */
function assertAddsUp(ledger: Ledger | undefined): asserts ledger is Ledger {
  assert.ok(ledger)
  const sum = ledgerStages.reduce((total, stage) => total + ledger.stagesNs[stage], 0)
  assert.equal(sum, ledger.wallNs)
}

function of(recording: Recording, pid: number, localPort: number): Ledger | undefined {
  return recording.ledgers.find(
    ({ owner, socket, span }) => span === 'connection' && owner?.pid === pid && socket.local.port === localPort,
  )
}

const between = (from: Done, to: Done): number => to.endNs - from.endNs

/**
 * That a stage is what lies between something inside the first operation of each pair and something inside its second, by
 * the actor's clock; but for what of it the actor had no CPU.
 */
function assertWithin({ stagesNs }: Ledger, stage: LedgerStage, ...pairs: [from: Done, to: Done][]): void {
  const actualNs = stagesNs[stage]
  const leastNs = pairs.reduce((sum, [from, to]) => sum + Math.max(0, to.startNs - from.endNs), 0)
  const mostNs = pairs.reduce((sum, [from, to]) => sum + to.endNs - from.startNs, 0)
  const isPossible = actualNs + stagesNs.cpuWait >= leastNs && actualNs <= mostNs
  assert.ok(isPossible, `${stage} ${actualNs} ns where ${leastNs} to ${mostNs} are possible`)
}

for (const delayMs of [5, 40, 200]) {
  test(`each stage gets its own ${delayMs} ms, on both ends, and they add up to the wall time`, async () => {
    await using host = await Actor.inNewNamespace()
    using recording = await ledgers(host)
    const { value: port } = await host.do('listen l 127.0.0.1 0 5')
    await host.do('tcp c 4')
    const connected = await host.do(`connect c 127.0.0.1 ${port}`)
    await host.do(`sleep ${delayMs}`)
    const accepted = await host.do('accept l s')
    const requested = await host.do('send c 100')
    await host.do(`sleep ${delayMs}`)
    const requestRead = await host.do('recv s 100')
    await host.do(`sleep ${delayMs}`)
    const replied = await host.do('send s 100')
    await host.do(`sleep ${delayMs}`)
    const replyRead = await host.do('recv c 100')
    await host.do(`sleep ${delayMs}`)
    const closedHere = await host.do('close c')
    await host.do(`sleep ${delayMs}`)
    const closedThere = await host.do('close s')
    await recording.until(() => recording.ledgers.length >= 2)
    const result = recording.stop()
    const server = of(recording, host.pid, port)
    const client = recording.ledgers.find((ledger) => ledger !== server)
    assertAddsUp(client)
    assertAddsUp(server)
    assertWithin(server, 'acceptQueue', [connected, accepted])
    assertWithin(server, 'receiveQueue', [requested, requestRead])
    assertWithin(server, 'application', [requestRead, replied], [closedHere, closedThere])
    assertWithin(server, 'wire', [accepted, requested], [replied, closedHere])
    assertWithin(client, 'application', [connected, requested], [replyRead, closedHere])
    assertWithin(client, 'wire', [requested, replied])
    assertWithin(client, 'receiveQueue', [replied, replyRead])
    // The kernel forgets a closed socket when the peer has acknowledged its FIN, which may be before the peer closes.
    assert.ok(client.stagesNs.closing > 0 && client.stagesNs.closing <= between(closedHere, closedThere) + 1e6)
    for (const { stagesNs } of [client, server])
      for (const stage of ['synRetry', 'rto', 'sendBlocked', 'receiverLimited', 'unexplained'] as const)
        assert.equal(stagesNs[stage], 0, stage)
    assert.ok(isBalanced(bookOf(result, 'ledger')))
  })
}

test('the accept queue ends with accept(), whatever comes next of the socket', async (t) => {
  const pause = 'sleep 40'
  // Each after a pause, accept() somewhere among them, close of the server last.
  const cases: Record<string, { before: string[]; after: string[]; stages: LedgerStage[] }> = {
    'data before it': { before: ['send c 10'], after: ['recv s 10'], stages: ['receiveQueue', 'application'] },
    'data after it': { before: [], after: ['send c 10', 'recv s 10'], stages: ['wire', 'receiveQueue', 'application'] },
    'the server speaks first': { before: [], after: ['send s 10'], stages: ['application'] },
    'the peer closes': { before: [], after: ['close c'], stages: ['wire', 'application'] },
    'the peer closed before': { before: ['close c'], after: [], stages: ['application'] },
    'nothing but its close': { before: [], after: [], stages: ['application'] },
  }
  for (const [name, { before, after, stages }] of Object.entries(cases))
    await t.test(name, async () => {
      await using host = await Actor.inNewNamespace()
      using recording = await ledgers(host)
      const { value: port } = await host.do('listen l 127.0.0.1 0 5')
      await host.do('tcp c 4')
      const connected = await host.do(`connect c 127.0.0.1 ${port}`)
      const done = new Map<string, Done>()
      for (const operation of [...before, 'accept l s', ...after, 'close s']) {
        await host.do(pause)
        done.set(operation, await host.do(operation))
      }
      if (!done.has('close c')) await host.do('close c')
      await recording.until(() => of(recording, host.pid, port) !== undefined)
      recording.stop()
      const server = of(recording, host.pid, port)
      const accepted = done.get('accept l s')
      assertAddsUp(server)
      assert.ok(accepted)
      assertWithin(server, 'acceptQueue', [connected, accepted])
      const others = ['application', 'wire', 'receiveQueue'] as const
      assert.deepEqual(
        others.filter((stage) => server.stagesNs[stage] > 30e6),
        others.filter((stage) => stages.includes(stage)),
      )
    })
})

test('requests and replies that took longer than the threshold have ledgers of their own; quick ones have none', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await ledgers(host, 50e6)
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('ping-pong c s 10')
  const requested = await host.do('send c 100')
  const requestRead = await host.do('recv s 100')
  await host.do('sleep 80')
  const replied = await host.do('send s 100')
  const replyRead = await host.do('recv c 100')
  await host.do('ping-pong c s 10')
  recording.stop()
  const told = recording.ledgers.map(({ span, socket }) => [span, socket.local.port === port ? 'server' : 'client'])
  assert.deepEqual(told, [
    ['reply', 'server'],
    ['request', 'client'],
  ])
  const [reply, request] = recording.ledgers
  assertAddsUp(reply)
  assertAddsUp(request)
  assertSpan(request.wallNs, requested, replyRead)
  assertWithin(request, 'wire', [requested, replied])
  assertSpan(reply.wallNs, requested, replied)
  assertWithin(reply, 'application', [requestRead, replied])
})

test('SYN retries and timers that ran out have their own parts', async () => {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  await b.do('listen l 0.0.0.0 7000 5')
  dropInput(b, [
    'tcp dport 7000 tcp flags & (syn|ack) == syn numgen inc mod 2 == 0 drop',
    'tcp dport 7000 tcp flags & psh == psh numgen inc mod 3 < 2 drop',
  ])
  using recording = await ledgers(a)
  await a.do('tcp c 4')
  const connected = await a.do(`connect c ${addressB} 7000`)
  await b.do('accept l s')
  const sent = await a.do('send c 100')
  const read = await b.do('recv s 100')
  await b.do('send s 10')
  await a.do('recv c 10')
  await a.do('close c')
  await b.do('close s')
  await recording.until(() => recording.ledgers.length >= 1)
  recording.stop()
  const [ledger] = recording.ledgers
  assertAddsUp(ledger)
  assert.deepEqual([ledger.synRetries, ledger.timeouts], [1, 1])
  assertTook(ledger.stagesNs.connect + ledger.stagesNs.synRetry, connected)
  // The timer's own length is a multiple of a jiffy, and it may run out up to one later.
  assert.ok(ledger.stagesNs.connect < 50e6, String(ledger.stagesNs.connect))
  const waitedNs = read.endNs - sent.endNs
  assert.ok(ledger.stagesNs.rto > 150e6 && ledger.stagesNs.rto <= waitedNs, `${ledger.stagesNs.rto} of ${waitedNs}`)
  // The probe's timeout, before it, is the wire's.
  assertSpan(ledger.stagesNs.rto + ledger.stagesNs.wire, sent, read)
})

test('a sender that waits for a reader: the buffer, or the window where the kernel says so', async () => {
  await using host = await Actor.inNewNamespace()
  using recording = await ledgers(host)
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do('option c sndbuf 20000')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('option s rcvbuf 20000')
  const sending = host.in('sender', 'send c 1000000')
  await host.do('sleep 300')
  await host.in('reader', 'recv s 1000000 waitall')
  const sent = await sending
  await host.do('close c')
  await host.do('close s')
  await recording.until(() => recording.ledgers.length >= 2)
  recording.stop()
  const client = recording.ledgers.find(({ socket }) => socket.peer.port === port)
  assertAddsUp(client)
  const held: LedgerStage[] = ['send', 'sendBlocked', 'receiverLimited', 'rto']
  assertTook(
    held.reduce((sum, stage) => sum + client.stagesNs[stage], 0),
    sent,
  )
  assert.ok(client.stagesNs.receiverLimited > 200e6, String(client.stagesNs.receiverLimited))
  assert.ok(client.stagesNs.send < 100e6)
})

test('a reader that is runnable and gets no CPU: that is told apart from one that is asleep', async () => {
  await using host = await Actor.inNewNamespace()
  await using busy = await Actor.beside(host)
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  using recording = await ledgers(host)
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do('ping-pong c s 1')
  // The reader and a busy thread, both bound to one processor: the reader waits for its turn.
  await host.in('reader', 'bind-cpu 0')
  await host.in('reader', 'send s 1')
  await Promise.all(['one', 'two', 'three', 'four'].map((thread) => busy.in(thread, 'bind-cpu 0')))
  await host.do('recv c 1')
  const spins = ['one', 'two', 'three', 'four'].map((thread) => busy.in(thread, 'spin 400'))
  await host.do('sleep 20')
  const readings = []
  for (let i = 0; i < 10; i++) {
    const reading = host.in('reader', 'recv s 1')
    await host.do('sleep 20')
    await host.do('send c 1')
    readings.push(await reading)
  }
  await Promise.all(spins)
  await host.do('close c')
  await host.do('close s')
  await recording.until(() => recording.ledgers.length >= 2)
  recording.stop()
  const server = of(recording, host.pid, port)
  assertAddsUp(server)
  assert.ok(server.stagesNs.cpuWait > 0, JSON.stringify(server.stagesNs))
  assert.ok(server.stagesNs.cpuWait > server.stagesNs.receiveQueue, JSON.stringify(server.stagesNs))
})

test('a reader whose cgroup has used up its quota waits for a CPU, too', async () => {
  await using host = await Actor.inNewNamespace()
  using quota = new CpuQuota(10_000, 250_000)
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  using recording = await ledgers(host)
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await using limited = await Actor.beside(host)
  await limited.do('listen m 127.0.0.1 7700 5')
  await host.do('tcp d 4')
  await host.do('connect d 127.0.0.1 7700')
  await limited.do('accept m s')
  await host.do('send d 1')
  await limited.in('reader', 'recv s 1')
  // A quota strikes processor by processor: both threads on one.
  for (const thread of ['reader', 'busy']) await limited.in(thread, 'bind-cpu 1')
  quota.add(limited.pid)
  const spinning = limited.in('busy', 'spin 1000')
  let waitedNs = 0
  for (let round = 0; round < 3; round++) {
    const reading = limited.in('reader', 'recv s 1')
    await host.do('sleep 50')
    const sent = await host.do('send d 1')
    const read = await reading
    waitedNs += read.endNs - sent.endNs
  }
  await spinning
  await limited.in('reader', 'close s')
  await host.do('close d')
  await recording.until(() => recording.ledgers.length >= 1)
  recording.stop()
  const server = recording.ledgers.find(({ owner }) => owner?.pid === limited.pid)
  assertAddsUp(server)
  // Where the quota strikes differs between kernels: while the reader is woken, or when it goes back to its program. In
  // the latter case what passes until the next data comes is the wire's.
  assert.ok(waitedNs > 50e6, String(waitedNs))
  assert.ok(server.stagesNs.cpuWait > 0.5 * waitedNs, JSON.stringify({ waitedNs, ...server.stagesNs }))
})
