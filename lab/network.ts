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

/** Two hosts with a third between them, that carries each frame on after a while. */
export interface DistantHosts extends TwoHosts {
  /** Its end of b's cable is the device `b`, where what goes to b may be shaped. */
  between: Actor
}

const [addressA, addressB] = ['10.77.0.1', '10.77.0.2']

/** Makes two hosts at 10.77.0.1 and 10.77.0.2; they go with their actors. */
export async function twoHosts(): Promise<TwoHosts> {
  const [a, b] = await Promise.all([Actor.inNewNamespace(), Actor.inNewNamespace()])
  return stoppedTogether([a, b], () => {
    layCable([a, 'cable'], [b, 'cable'])
    for (const [host, address] of [
      [a, addressA],
      [b, addressB],
    ] as const)
      giveAddress(host, address)
    return { a, b, addressA, addressB }
  })
}

/** As twoHosts(), but each packet takes that long on its way. */
export async function distantHosts(delayMs: number): Promise<DistantHosts> {
  const namespace = (): Promise<Actor> => Actor.inNewNamespace()
  const [a, b, between] = await Promise.all([namespace(), namespace(), namespace()])
  return stoppedTogether([a, b, between], () => {
    // Nothing of its own is to be on the cables.
    setSysctl(between, 'net.ipv6.conf.default.disable_ipv6', '1')
    for (const [host, device, address] of [
      [a, 'a', addressA],
      [b, 'b', addressB],
    ] as const) {
      layCable([host, 'cable'], [between, device])
      giveAddress(host, address)
      inside(between, ['ip', 'link', 'set', 'dev', device, 'up'])
    }
    // It ends with the actor only.
    between.in('carrier', `carry a b ${delayMs}`).catch(() => undefined)
    return { a, b, between, addressA, addressB }
  })
}

/** Has hosts stopped with what is made of them; at once, if that fails. */
async function stoppedTogether<T>(hosts: readonly Actor[], make: () => T): Promise<T & AsyncDisposable> {
  const stop = async (): Promise<void> => void (await Promise.all(hosts.map((host) => host.stop())))
  try {
    return { ...make(), [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function layCable([host, device]: readonly [Actor, string], [peer, peerDevice]: readonly [Actor, string]): void {
  const ends = [
    [device, 'netns', String(host.pid)],
    [peerDevice, 'netns', String(peer.pid)],
  ] as const
  run('ip', ['link', 'add', ...ends[0], 'type', 'veth', 'peer', 'name', ...ends[1]])
}

function giveAddress(host: Actor, address: string): void {
  inside(host, ['ip', 'address', 'add', `${address}/24`, 'dev', 'cable'])
  inside(host, ['ip', 'link', 'set', 'cable', 'up'])
}

/** Runs a command in the network namespace of an actor, or of another process. */
export function inside(actor: { pid: number }, command: readonly string[], input?: string): void {
  run('nsenter', ['--net', `--target=${actor.pid}`, ...command], input)
}

/** Sets a network setting of a host: `net.ipv4.ip_local_port_range`. */
export function setSysctl(actor: Actor, name: string, value: string): void {
  inside(actor, ['sh', '-c', 'echo "$1" > "$0"', `/proc/sys/${name.replaceAll('.', '/')}`, value])
}

/** Shapes what a host sends, by a queueing discipline and its arguments: `tbf rate 1mbit burst 1600 latency 2s`. */
export function shape(host: { pid: number }, discipline: string, device = 'cable'): void {
  inside(host, ['tc', 'qdisc', 'replace', 'dev', device, 'root', ...discipline.split(' ')])
}

/** Has a host drop packets, by nftables rules for its input chain: `tcp dport 80 tcp flags & (syn|ack) == syn drop`. */
export function dropInput(host: { pid: number }, rules: readonly string[]): void {
  const chain = ['type filter hook input priority 0; policy accept;', ...rules].join('\n')
  inside(host, ['nft', '-f', '-'], `table inet lab {\nchain input {\n${chain}\n}\n}\n`)
}

function run(command: string, args: readonly string[], input?: string): void {
  execFileSync(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...(input === undefined ? {} : { input }) })
}
