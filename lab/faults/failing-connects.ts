import { readFileSync } from 'node:fs'
import { dropInput, setSysctl } from '../network.ts'
import { defineFault } from './fault.ts'
import { port, type Scene } from './scene.ts'
import { exchange, tryToConnect } from './traffic.ts'

/** A filter on the server's host drops every SYN. */
export const synFiltered = defineFault(
  {
    name: 'syn-filtered',
    title: 'A firewall drops connection attempts without a word',
    explain: `The client's SYN never reaches the server, as a firewall drops it. The kernel sends it again after 1 s, then 3 s,
then 7 s, and connect() returns ETIMEDOUT in the end.
It hurts because the program hangs for seconds or minutes where a refusal would have been told at once.`,
    cause: 'syn-filtered',
  },
  async (scene) => {
    const server = await scene.server('unseen-server')
    const client = await scene.client('hanging-client')
    retryQuickly(scene)
    await server.do(`listen l 0.0.0.0 ${port} 128`)
    dropInput(scene.hosts.b, [`tcp dport ${port} tcp flags & (syn|ack) == syn drop`])
    for (let i = 0; i < 20; i++) client.repeat(...tryToConnect(scene, `c${i}`, 20))
    return { culprit: client }
  },
)

/** Nobody listens at the port. */
export const connectionRefused = defineFault(
  {
    name: 'connection-refused',
    title: 'A client connects to a port where nobody listens',
    explain: `The host is there, but no process listens at the port: the server is down, restarts, or the port is wrong. The
kernel answers each SYN with a reset, and connect() returns ECONNREFUSED.
It hurts because each try fails; clients that try again at once burn CPU and hide the cause in their logs.`,
    cause: 'connection-refused',
  },
  async (scene) => {
    const client = await scene.client('refused-client')
    client.repeat(...tryToConnect(scene, 'c', 20))
    return { culprit: client }
  },
)

/** Flows that connection tracking is asked to hold, at most: it takes some 300 bytes of the kernel's memory for each. */
const mostFlows = 1_100_000

/** The table of connection tracking on the server's host is full. */
export const conntrackFull = defineFault(
  {
    name: 'conntrack-full',
    title: 'The connection tracking table is full',
    explain: `A firewall or NAT on the server's host remembers each connection in a table, which is full. The kernel then drops
the first packet of every new connection; those that are open go on.
It hurts because new connects hang for seconds while everything that was open before works, and only the kernel's log says why.`,
    cause: 'conntrack-full',
  },
  async (scene) => {
    const most = Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_max', 'utf8'))
    if (most > mostFlows) throw new Error(`nf_conntrack_max is ${most}: to fill that would take too much memory`)
    const server = await scene.server('tracked-server')
    const client = await scene.client('hanging-client')
    retryQuickly(scene)
    // A rule that asks for the state of connections has the namespace track them.
    dropInput(scene.hosts.b, ['ct state invalid drop'])
    await scene.connect(client, server)
    exchange(client, server)
    await server.do(`fill-conntrack ${most}`)
    for (let i = 0; i < 20; i++)
      client.repeat(...tryToConnect(scene, `c${i}`, 20).filter((step) => !step.startsWith('lap')))
    return { culprit: server, victim: client }
  },
)

/** SYNs are sent again after 1 s and 3 s, and given up after 7 s. */
function retryQuickly({ hosts }: Scene): void {
  setSysctl(hosts.a, 'net.ipv4.tcp_syn_retries', '2')
  // Since 6.5 the first retries come each second; before, this is not there.
  try {
    setSysctl(hosts.a, 'net.ipv4.tcp_syn_linear_timeouts', '0')
  } catch {
    return
  }
}
