import { spawn, type ChildProcess } from 'node:child_process'
import type { Actor } from '../../lab/actor.ts'
import { setSysctl, twoHosts, type TwoHosts } from '../../lab/network.ts'

const port = 7000
/** Threads that make one connection after the other. */
const visitors = 8
/** Threads that exchange small messages over connections that stay. */
const talkers = 4

/** Connections, processes and network namespaces that come and go, and messages, until it is disposed of. */
export class Churn implements AsyncDisposable {
  readonly #hosts: TwoHosts
  readonly #processes: ChildProcess[]

  private constructor(hosts: TwoHosts, processes: ChildProcess[]) {
    this.#hosts = hosts
    this.#processes = processes
  }

  static async start(): Promise<Churn> {
    const hosts = await twoHosts()
    const { a, b, addressB } = hosts
    // Else the ports to one peer would be used up within a minute.
    for (const host of [a, b]) setSysctl(host, 'net.ipv4.tcp_max_tw_buckets', '100')
    for (let i = 0; i < visitors; i++) await visitAgain(a, b, addressB, i)
    for (let i = 0; i < talkers; i++) await talk(a, b, addressB, i)
    return new Churn(hosts, [newProcesses(a, addressB), newNamespaces()])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes) process.kill('SIGKILL')
    await this.#hosts[Symbol.asyncDispose]()
  }
}

/** Some hundred connections a second, each with one request and its answer; each visitor has a listener of its own. */
async function visitAgain(a: Actor, b: Actor, address: string, i: number): Promise<void> {
  await b.do(`listen l${i} 0.0.0.0 ${port + i} 1024`)
  const serve = `accept l${i} s${i} ; recv s${i} 100 waitall ; send s${i} 100 ; close s${i}`
  const visit = `tcp c${i} 4 ; connect c${i} ${address} ${port + i} ; send c${i} 100 ; recv c${i} 100 waitall ; close c${i}`
  b.in(`serve${i}`, `repeat 0 ${serve}`).catch(() => undefined)
  a.in(`visit${i}`, `repeat 0 ${visit} ; sleep 1`).catch(() => undefined)
}

async function talk(a: Actor, b: Actor, address: string, i: number): Promise<void> {
  const at = port + 100 + i
  await b.do(`listen tl${i} 0.0.0.0 ${at} 16`)
  await a.do(`tcp tc${i} 4`)
  await a.do(`connect tc${i} ${address} ${at}`)
  await b.do(`accept tl${i} ts${i}`)
  b.in(`answer${i}`, `repeat 0 recv ts${i} 100 waitall ; send ts${i} 100`).catch(() => undefined)
  a.in(`ask${i}`, `repeat 0 send tc${i} 100 ; recv tc${i} 100 waitall ; sleep 2`).catch(() => undefined)
}

/** Twenty processes a second, each with a connection that is refused. */
function newProcesses(host: Actor, address: string): ChildProcess {
  const loop = `while :; do busybox nc -w 1 ${address} 6999 </dev/null; busybox sleep 0.05; done`
  return shell(['nsenter', '--net', `--target=${host.pid}`, '--', 'busybox', 'sh', '-c', loop])
}

/** Two network namespaces a second, each with a connection of its own over loopback. */
function newNamespaces(): ChildProcess {
  const inside =
    'ip link set lo up; busybox nc -l -p 80 >/dev/null & busybox sleep 0.1; echo x | busybox nc -w 1 127.0.0.1 80'
  const loop = `while :; do unshare --net busybox sh -c '${inside}'; busybox sleep 0.3; done`
  return shell(['busybox', 'sh', '-c', loop])
}

function shell([program = '', ...args]: string[]): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], { stdio: 'ignore' })
}
