import { Actor } from '../actor.ts'
import { removeLeftovers } from '../leftovers.ts'
import { distantHosts, setSysctl, twoHosts, type TwoHosts } from '../network.ts'
import { longestSeconds } from './duration.ts'
import { Performer } from './performer.ts'

/** The server's port, where there is one. */
export const port = 7000

/**
 * Where a fault plays: a client's and a server's host with a cable between them, each a network namespace. All that is on
 * it goes when it is disposed of; the first one removes what runs left that were killed.
 */
export class Scene implements AsyncDisposable {
  readonly hosts: TwoHosts
  readonly #resources = new AsyncDisposableStack()
  readonly #performers: Performer[] = []
  readonly #between: Actor | undefined
  #ending: Promise<void> | undefined

  private constructor(hosts: TwoHosts, between?: Actor) {
    this.hosts = hosts
    this.#between = between
    this.#resources.use(hosts)
  }

  /** @param delayMs how long a packet takes from host to host; a third host carries them if there is one */
  static async open(delayMs: number): Promise<Scene> {
    await removeLeftovers()
    if (delayMs === 0) return new Scene(await twoHosts())
    const hosts = await distantHosts(delayMs)
    return new Scene(hosts, hosts.between)
  }

  /** Of the server, as its clients see it. */
  get address(): string {
    return this.hosts.addressB
  }

  /** Inodes of the namespaces, the client's first. */
  get netns(): readonly number[] {
    const hosts = [this.hosts.a, this.hosts.b, this.#between]
    return hosts.flatMap((host) => (host ? [host.netns] : []))
  }

  /** The host between the other two. @throws Error where there is none */
  get between(): Actor {
    if (!this.#between) throw new Error('nothing is between the hosts of this scene')
    return this.#between
  }

  /** Has the senders fill queues until something is lost, as most of the world does. */
  useReno(): void {
    for (const host of [this.hosts.a, this.hosts.b]) setSysctl(host, 'net.ipv4.tcp_congestion_control', 'reno')
  }

  /** A process on the client's host: the first is the one that holds the namespace. */
  client(comm: string): Promise<Performer> {
    return this.#performer(this.hosts.a, comm)
  }

  /** A process on the server's host. */
  server(comm: string): Promise<Performer> {
    return this.#performer(this.hosts.b, comm)
  }

  /** The first process of each host. */
  async hostsOf(client: string, server: string): Promise<{ client: Performer; server: Performer }> {
    return { client: await this.client(client), server: await this.server(server) }
  }

  async #performer(host: Actor, comm: string): Promise<Performer> {
    const isTaken = this.#performers.some(({ actor }) => actor === host)
    const actor = isTaken ? this.keep(await Actor.beside(host)) : host
    const performer = await Performer.of(actor, comm)
    this.#performers.push(performer)
    return performer
  }

  /** Has something disposed of with the scene, after what was kept later. */
  keep<T extends Disposable | AsyncDisposable>(resource: T): T {
    return this.#resources.use(resource)
  }

  /** A connection, as `c` of the client and `s` of the server; further ones have a number. @param noDelay as of TCP_NODELAY */
  async connect(client: Performer, server: Performer, number = '', noDelay = true): Promise<void> {
    if (number === '') await server.do(`listen l 0.0.0.0 ${port} 4096`)
    await client.do(`tcp c${number} 4`, `connect c${number} ${this.address} ${port}`)
    await server.do(`accept l s${number}`)
    if (!noDelay) return
    await client.do(`option c${number} nodelay 1`)
    await server.do(`option s${number} nodelay 1`)
  }

  /** See RunningFault. */
  async waitNs(percent: number): Promise<number | undefined> {
    for (const { actor } of this.#performers) {
      const lap = await actor.do(`laps ${percent}`).catch(() => undefined)
      if (lap !== undefined) return lap.value
    }
    return undefined
  }

  /** Has it end by itself should nobody do so. */
  endAfterAWhile(): void {
    // What failed is told to whoever disposes of it then.
    const timer = setTimeout(() => void this[Symbol.asyncDispose]().catch(() => undefined), longestSeconds * 1000)
    timer.unref()
    this.#resources.defer(() => clearTimeout(timer))
  }

  /** @throws AggregateError if what was to go on for ever had failed */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#ending ??= this.#end())
  }

  async #end(): Promise<void> {
    // What ends now makes the others fail: only what failed before was a mistake.
    const failures = this.#performers.flatMap((performer) => performer.failures)
    await this.#resources.disposeAsync()
    if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '))
  }
}
