import { observers, RunningObserver } from './observer.ts'
import { ping, RedisServer } from './redis-load.ts'
import { spread, type Table } from './table.ts'

const pings = 150_000

/** What is left of a Redis server's throughput under each observer. */
export async function measureThroughput(tcppktlat: string[], rounds: number): Promise<Table> {
  using _server = await RedisServer.start()
  ping(pings)
  const all = observers(tcppktlat)
  const rates = new Map<string, number[]>(all.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const observer of all) {
      const running = await RunningObserver.start(observer)
      rates.get(observer.name)?.push(ping(pings))
      await running.stop()
    }
  }
  const without = rates.get('nothing') ?? []
  return {
    title: 'Throughput of Redis under observation',
    method: `PING, 20 clients, client and server on the same processors, ${pings} pings a round, ${rounds} rounds in turn; the share is of the same round without an observer.`,
    header: ['observer', 'pings/s', 'share of without'],
    rows: all.map(({ name }) => {
      const figures = rates.get(name) ?? []
      const shares = figures.map((rate, round) => (100 * rate) / (without[round] ?? Number.NaN))
      return [name, spread(figures, 0), spread(shares, 1, ' %')]
    }),
  }
}
