import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import type { RunningContainer } from '../../lab/engines/container.ts'
import type { ConnectionEvent } from '../../src/model/connection-event.ts'
import type { Container } from '../../src/model/container.ts'
import { Recording } from '../kernel/recording.ts'

const containers = 100
const workers = 3

/**
 * Containers that come, connect once to a server and go, three at a time: every connection has the name of the container
 * that made it.
 *
 * @param live makes the container of that number, has it connect (`nc ADDRESS 80`), and removes it; returns its id
 * @param nameOf what it must be called, by its number, as `told` tells it
 */
export async function churn(
  context: TestContext,
  server: RunningContainer,
  live: (number: number, command: string[]) => Promise<string>,
  expected: (number: number) => string,
  told: (container: Container) => string | undefined = ({ name }) => name,
): Promise<void> {
  await using acceptor = await Actor.inContainer(server)
  await acceptor.do('listen l 0.0.0.0 80 128')
  const accepting = acceptor.do(`accept-many l ${containers}`)
  using recording = await Recording.connections({})
  const expectedById = new Map<string, string>()
  const startMs = Date.now()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < containers) {
      const number = next++
      expectedById.set(await live(number, ['nc', '-w', '5', server.address, '80']), expected(number))
    }
  }
  await Promise.all(Array.from({ length: workers }, worker))
  await accepting
  context.diagnostic(`${containers} containers in ${((Date.now() - startMs) / 1000).toFixed(1)} s`)
  const connects = (): ConnectionEvent[] =>
    recording.connections.filter(({ kind, socket }) => kind === 'connect' && socket.peer.port === 80)
  await recording.until(() => connects().length >= containers)
  const names = connects().map(({ owner }) => {
    const container = owner?.identity?.container
    assert.ok(container, JSON.stringify(owner))
    assert.equal(told(container), expectedById.get(container.id ?? ''), container.id)
    return told(container)
  })
  assert.equal(new Set(names).size, containers)
  const strangers = recording.connections.filter(
    ({ kind, owner }) => kind === 'accept' && owner?.identity?.container?.id !== server.id,
  )
  assert.deepEqual(strangers, [])
}
