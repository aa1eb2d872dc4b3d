import { readFileSync } from 'node:fs'
import { CpuQuota } from '../cpu-quota.ts'
import { defineFault } from './fault.ts'
import type { Performer } from './performer.ts'
import type { Scene } from './scene.ts'
import { pour } from './traffic.ts'

/** The server computes 100 ms between two reads. */
export const slowReaderBusy = defineFault(
  {
    name: 'slow-reader-busy',
    title: 'A server computes while its requests wait',
    explain: `Requests arrive and lie in the socket, as the thread that should read them is busy with something else.
To the client it looks like a slow network; the packets were there in microseconds.
It hurts because one long computation delays every request behind it.`,
    cause: 'slow-reader-busy',
  },
  async (scene) => {
    const server = await scene.server('busy-reader')
    await steadyRequests(scene, server)
    server.repeat('recv s 65536', 'spin 100', 'send s 100')
    return { culprit: server }
  },
)

/** The server sleeps 200 ms before it reads. */
export const slowReaderAsleep = defineFault(
  {
    name: 'slow-reader-asleep',
    title: 'A server sleeps while its requests wait',
    explain: `Requests arrive and lie in the socket, as the thread that should read them waits for something else: a lock,
a timer, another service. No CPU is used, so nothing looks busy.
It hurts because each request waits for all of it, while every dashboard of load is green.`,
    cause: 'slow-reader-asleep',
  },
  async (scene) => {
    const server = await scene.server('sleepy-reader')
    await steadyRequests(scene, server)
    server.repeat('sleep 200', 'recv s 65536', 'send s 100')
    return { culprit: server }
  },
)

/** The server shares its processor with four processes that compute. */
export const slowReaderNoCpu = defineFault(
  {
    name: 'slow-reader-no-cpu',
    title: 'A server is ready to read, but gets no CPU',
    explain: `The server is pinned to one processor with four others that compute all the time. When a request arrives it is
woken at once, and then stands in line for the processor.
It hurts because the server's own figures show little: it uses hardly any CPU, and does not wait for anything.`,
    cause: 'slow-reader-no-cpu',
  },
  async (scene) => {
    const cpu = lastCpu()
    const server = await scene.server('starved-reader')
    await steadyRequests(scene, server)
    for (let i = 1; i <= 4; i++) {
      const hog = await scene.server(`hog-${i}`)
      hog.after([`bind-cpu ${cpu}`], 'spin 1000')
    }
    // Who sleeps a lot is served soon when it wakes; the niceness makes the line longer.
    server.after([`bind-cpu ${cpu}`, 'nice 5'], 'recv s 65536', 'spin 3', 'send s 100')
    return { culprit: server }
  },
)

/** The server may use 10 ms of each 100. */
export const slowReaderThrottled = defineFault(
  {
    name: 'slow-reader-throttled',
    title: 'A server has used up its CPU quota',
    explain: `The server's cgroup may use 10 ms of CPU in each 100 ms, as a container with a limit of 0.1 CPUs does. Once they
are used, the kernel stops it until the next 100 ms begin, whatever arrives.
It hurts because the average use is below what the host has, and still every request may wait nearly 100 ms.`,
    cause: 'slow-reader-throttled',
  },
  async (scene) => {
    const server = await scene.server('capped-reader')
    const quota = scene.keep(new CpuQuota(10_000, 100_000))
    await steadyRequests(scene, server)
    quota.add(server.pid)
    server.repeat('recv s 65536', 'spin 10', 'send s 100')
    return { culprit: server }
  },
)

/** 50 requests a second over one connection, whose client does not wait for the answers. */
async function steadyRequests(scene: Scene, server: Performer): Promise<void> {
  const client = await scene.client('steady-client')
  await scene.connect(client, server)
  pour(client)
}

/** The last one that this process may run on. */
function lastCpu(): number {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return Number(/\d+$/.exec(list)?.[0])
}
