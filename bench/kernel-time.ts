import { native } from '../src/kernel/native.ts'
import { RunningObserver, type Observer } from './observer.ts'
import { messagesPerPing, ping, RedisServer } from './redis-load.ts'
import { spread, type Table } from './table.ts'

const pings = 100_000

/** Kernel time that the BPF programs of each observer take for one received message. */
export async function measureKernelTime(watching: readonly Observer[], rounds: number): Promise<Table> {
  using _server = await RedisServer.start()
  const end = native().enableRunStats()
  const nsPerMessage = new Map<string, number[]>(watching.map(({ name }) => [name, []]))
  const programs = new Map<string, Map<string, number[]>>(watching.map(({ name }) => [name, new Map()]))
  for (let round = 0; round < rounds; round++) {
    for (const observer of watching) {
      const running = await RunningObserver.start(observer)
      ping(pings)
      const runs = running.programRuns()
      await running.stop()
      const totalNs = runs.reduce((sum, { runNs }) => sum + runNs, 0)
      nsPerMessage.get(observer.name)?.push(totalNs / (pings * messagesPerPing))
      for (const { name, runs: count, runNs } of runs) {
        const figures = programs.get(observer.name)
        if (count >= pings) figures?.set(name, [...(figures.get(name) ?? []), runNs / count])
      }
    }
  }
  end()
  return {
    title: 'Kernel time of the BPF programs for one received message',
    method: `Redis PING, 20 clients, ${pings} pings a round, ${rounds} rounds in turn; as the kernel counts it (BPF_ENABLE_STATS), its own two clock readings a run included.`,
    header: ['observer', 'ns a message', 'ns a run of each program'],
    rows: watching.map(({ name }) => [
      name,
      spread(nsPerMessage.get(name) ?? [], 0),
      [...(programs.get(name) ?? [])].map(([program, figures]) => `${program} ${spread(figures, 0)}`).join(', '),
    ]),
  }
}
