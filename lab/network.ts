import { execFileSync } from 'node:child_process'
import { Actor } from './actor.ts'

/** Two hosts, each a network namespace, joined by a cable (a veth pair). */
export interface TwoHosts extends AsyncDisposable {
  a: Actor
  b: Actor
  /** Addresses of a and b on the cable. */
  addressA: string
  addressB: string
}

/** Makes two hosts at 10.77.0.1 and 10.77.0.2; they go with their actors. */
export async function twoHosts(): Promise<TwoHosts> {
  const [a, b] = await Promise.all([Actor.inNewNamespace(), Actor.inNewNamespace()])
  const [addressA, addressB] = ['10.77.0.1', '10.77.0.2']
  run('ip', [
    'link',
    'add',
    'cable',
    'netns',
    String(a.pid),
    'type',
    'veth',
    'peer',
    'name',
    'cable',
    'netns',
    String(b.pid),
  ])
  for (const [host, address] of [
    [a, addressA],
    [b, addressB],
  ] as const) {
    inside(host, ['ip', 'address', 'add', `${address}/24`, 'dev', 'cable'])
    inside(host, ['ip', 'link', 'set', 'cable', 'up'])
  }
  return {
    a,
    b,
    addressA,
    addressB,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([a.stop(), b.stop()])
    },
  }
}

/** Runs a command in the network namespace of an actor, or of another process. */
export function inside(actor: { pid: number }, command: readonly string[], input?: string): void {
  run('nsenter', ['--net', `--target=${actor.pid}`, ...command], input)
}

/** Sets a network setting of a host: `net.ipv4.ip_local_port_range`. */
export function setSysctl(actor: Actor, name: string, value: string): void {
  inside(actor, ['sh', '-c', 'echo "$1" > "$0"', `/proc/sys/${name.replaceAll('.', '/')}`, value])
}

/** Has a host drop packets, by nftables rules for its input chain: `tcp dport 80 tcp flags & (syn|ack) == syn drop`. */
export function dropInput(actor: Actor, rules: readonly string[]): void {
  const chain = ['type filter hook input priority 0; policy accept;', ...rules].join('\n')
  inside(actor, ['nft', '-f', '-'], `table inet lab {\nchain input {\n${chain}\n}\n}\n`)
}

function run(command: string, args: readonly string[], input?: string): void {
  execFileSync(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...(input === undefined ? {} : { input }) })
}
