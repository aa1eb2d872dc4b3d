import { RunningObserver, type Observer } from './observer.ts'
import { ping, RedisServer } from './redis-load.ts'
import { spread, type Table } from './table.ts'

const pings = 50_000

/** What is left of a Redis server's throughput under each observer. */
export async function measureThroughput(watching: readonly Observer[], rounds: number): Promise<Table> {
  using _server = await RedisServer.start()
  ping(pings)
  const without: number[] = []
  const shares = new Map<string, number[]>(watching.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const observer of watching) {
      const before = ping(pings)
      const running = await RunningObserver.start(observer)
      const during = ping(pings)
      await running.stop()
      const after = ping(pings)
      without.push(before, after)
      shares.get(observer.name)?.push((200 * during) / (before + after))
    }
  }
  return {
    title: 'Throughput of Redis under observation',
    method: `PING, 20 clients, client and server on the same processors. Slices of ${pings} pings, ${rounds} for each observer; the share is of the slices just before and just after, without it (${spread(without, 0)} pings a second).`,
    header: ['observer', 'share of throughput without it'],
    rows: watching.map(({ name }) => [name, spread(shares.get(name) ?? [], 1, ' %')]),
  }
}
