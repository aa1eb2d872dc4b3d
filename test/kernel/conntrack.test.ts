import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { inside, setSysctl } from '../../lab/network.ts'
import { lookupTranslations, type FlowTuple } from '../../src/kernel/conntrack.ts'
import { native, type NativeError } from '../../src/kernel/native.ts'
import { OperatorError } from '../../src/lib/operator-error.ts'

/** The router has the first address of each network, the hosts the second. */
const networks = {
  4: { client: '10.78.1', server: '10.78.2', separator: '.', prefix: 24 },
  6: { client: 'fd78:1:', server: 'fd78:2:', separator: ':', prefix: 64 },
} as const

type Version = keyof typeof networks

const publishedPort = 80
const serverPort = 8080
const translatedPort = 45_000

function addressOf(version: Version, network: 'client' | 'server', host: 1 | 2): string {
  return `${networks[version][network]}${networks[version].separator}${host}`
}

/** A client and a server with a router between them, which publishes the server's port at its own address. */
class RoutedHosts {
  readonly client: Actor
  readonly router: Actor
  readonly server: Actor

  private constructor([client, router, server]: readonly [Actor, Actor, Actor]) {
    this.client = client
    this.router = router
    this.server = server
  }

  static async start(): Promise<RoutedHosts> {
    const namespace = (): Promise<Actor> => Actor.inNewNamespace()
    const hosts = new RoutedHosts(await Promise.all([namespace(), namespace(), namespace()]))
    setSysctl(hosts.router, 'net.ipv4.ip_forward', '1')
    setSysctl(hosts.router, 'net.ipv6.conf.all.forwarding', '1')
    hosts.#join('client')
    hosts.#join('server')
    inside(hosts.router, ['nft', '-f', '-'], natRules(4) + natRules(6))
    return hosts
  }

  #join(side: 'client' | 'server'): void {
    const host = this[side]
    const [atRouter, atHost] = [
      [side, 'netns', String(this.router.pid)],
      ['cable', 'netns', String(host.pid)],
    ] as const
    execFileSync('ip', ['link', 'add', ...atRouter, 'type', 'veth', 'peer', 'name', ...atHost])
    for (const version of [4, 6] as const) {
      addAddress(this.router, side, version, addressOf(version, side, 1))
      addAddress(host, 'cable', version, addressOf(version, side, 2))
    }
    inside(this.router, ['ip', 'link', 'set', side, 'up'])
    inside(host, ['ip', 'link', 'set', 'cable', 'up'])
    for (const version of [4, 6] as const)
      inside(host, ['ip', `-${version}`, 'route', 'add', 'default', 'via', addressOf(version, side, 1)])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.client.stop(), this.router.stop(), this.server.stop()])
  }
}

function addAddress(host: Actor, link: string, version: Version, address: string): void {
  const withPrefix = `${address}/${networks[version].prefix}`
  inside(host, ['ip', 'address', 'add', withPrefix, 'dev', link, ...(version === 6 ? ['nodad'] : [])])
}

/** As Docker does it for a published port; what goes to the server has a port that is known before. */
function natRules(version: Version): string {
  const family = version === 4 ? 'ip' : 'ip6'
  const [published, server] = [addressOf(version, 'client', 1), addressOf(version, 'server', 2)]
  const target = version === 4 ? `${server}:${serverPort}` : `[${server}]:${serverPort}`
  return ['tcp', 'udp']
    .map(
      (protocol) => `table ${family} ${protocol}_lab {
chain in {
type nat hook prerouting priority -100;
${family} daddr ${published} ${protocol} dport ${publishedPort} dnat to ${target}
}
chain out {
type nat hook postrouting priority 100;
oifname "server" meta l4proto ${protocol} masquerade to :${translatedPort}
}
}
`,
    )
    .join('')
}

/** Makes a flow from the client to the port that is published; the result is the client's port. */
async function connect({ client, server }: RoutedHosts, protocol: 'tcp' | 'udp', version: Version): Promise<number> {
  const listening = `${addressOf(version, 'server', 2)} ${serverPort}`
  if (protocol === 'tcp') await server.do(`listen l ${listening} 5`)
  else {
    await server.do(`udp s ${version}`)
    await server.do(`bind s ${listening}`)
  }
  await client.do(`${protocol} c ${version}`)
  const { value: port } = await client.do(`connect c ${addressOf(version, 'client', 1)} ${publishedPort}`)
  if (protocol === 'tcp') await server.do('accept l s')
  await client.do('send c 100')
  await server.do('recv s 100')
  return port
}

for (const version of [4, 6] as const) {
  for (const protocol of ['tcp', 'udp'] as const) {
    test(`${protocol} over IPv${version} through DNAT and masquerade: found by the tuple of either socket`, async () => {
      await using hosts = await RoutedHosts.start()
      const port = await connect(hosts, protocol, version)
      const original: FlowTuple = {
        protocol,
        source: { address: addressOf(version, 'client', 2), port },
        destination: { address: addressOf(version, 'client', 1), port: publishedPort },
      }
      const reply: FlowTuple = {
        protocol,
        source: { address: addressOf(version, 'server', 2), port: serverPort },
        destination: { address: addressOf(version, 'server', 1), port: translatedPort },
      }
      const others: FlowTuple[] = [
        { ...original, source: { ...original.source, port: port ^ 1 } },
        { ...original, protocol: protocol === 'tcp' ? 'udp' : 'tcp' },
        { protocol, source: original.destination, destination: original.source },
      ]
      assert.deepEqual(await lookupTranslations(hosts.router.netnsPath, [original, reply, ...others]), [
        { original, reply },
        { original, reply },
        ...others.map(() => undefined),
      ])
      // Those hosts track nothing.
      assert.deepEqual(await lookupTranslations(hosts.client.netnsPath, [original]), [undefined])
    })
  }
}

test('2,000 lookups at once are answered in their order', async () => {
  await using hosts = await RoutedHosts.start()
  const port = await connect(hosts, 'tcp', 4)
  const tuples = Array.from({ length: 2000 }, (_, i): FlowTuple => {
    const isThere = i % 3 === 0
    return {
      protocol: 'tcp',
      source: { address: addressOf(4, 'client', 2), port: isThere ? port : 1 + (i % 1000) },
      destination: { address: addressOf(4, 'client', 1), port: publishedPort },
    }
  })
  const found = await lookupTranslations(hosts.router.netnsPath, tuples)
  assert.deepEqual(
    found.map((translation) => translation?.original),
    tuples.map((tuple, i) => (i % 3 === 0 ? tuple : undefined)),
  )
})

const someTuple: FlowTuple = {
  protocol: 'tcp',
  source: { address: '10.78.1.2', port: 1 },
  destination: { address: '10.78.1.1', port: 2 },
}

test('in a namespace that is gone nothing is known', async () => {
  const host = await Actor.inNewNamespace()
  const path = host.netnsPath
  await host.stop()
  // The last is what remains of a name under /run/netns once it is unmounted.
  for (const gone of [path, '/run/netns/nonexistent', '/etc/hostname'])
    assert.deepEqual(await lookupTranslations(gone, [someTuple, someTuple]), [undefined, undefined])
})

test('without the rights: an error that says what to do', async () => {
  await using host = await Actor.inNewNamespace()
  await lookupTranslations('', [someTuple])
  const rootId = process.geteuid!()
  process.seteuid!(65_534)
  try {
    // The first may not be entered, the second not be asked.
    for (const path of [host.netnsPath, '']) {
      await assert.rejects(
        lookupTranslations(path, [someTuple]),
        (error) => error instanceof OperatorError && error.code === 'WIRELAG_NO_RIGHTS' && /root/.test(error.advice),
      )
    }
  } finally {
    process.seteuid!(rootId)
  }
})

test('queries that are no whole tuples are refused', () => {
  assert.throws(() => native().conntrackLookup('', Buffer.alloc(41)), RangeError)
})

test('100 lookups, at once and failing ones too, leave no descriptor', async () => {
  await using host = await Actor.inNewNamespace()
  await lookupTranslations(host.netnsPath, [someTuple])
  const before = openDescriptors()
  await Promise.all(Array.from({ length: 100 }, () => lookupTranslations(host.netnsPath, [someTuple])))
  await assert.rejects(
    native().conntrackLookup('/nonexistent', Buffer.alloc(40)),
    (error: NativeError) => error.code === 'ENOENT',
  )
  assert.equal(openDescriptors(), before)
})

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}
