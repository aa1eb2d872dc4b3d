import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceAlone, type Container } from '../model/container.ts'
import type { Edge } from '../model/edge.ts'
import { linkText } from '../model/link.ts'
import type { Task } from '../model/process.ts'
import type { SocketPair } from '../model/socket.ts'
import { ConnectionPairs, type ConnectionEnd } from './connection-pairs.ts'
import { Links } from './links.ts'

function containerNamed(name: string): Container {
  return { runtime: 'docker', id: name.padEnd(64, '0'), name, image: undefined, compose: undefined, pod: undefined }
}

/** A process; of a container where its name begins with a capital. */
function task(pid: number, name: string, comm = name): Task {
  const container = /^[A-Z]/.test(name) ? containerNamed(name.toLowerCase()) : undefined
  return { pid, tid: pid, uid: 0, comm, processStartNs: pid, identity: { ...serviceAlone(name), container } }
}

/** `10.0.0.1:40000>10.0.0.2:80` as one socket sees it. */
function socket(text: string, netns: number): SocketPair {
  const [local, peer] = text.split('>').map((part) => {
    const colon = part.lastIndexOf(':')
    return { address: part.slice(0, colon), port: Number(part.slice(colon + 1)) }
  })
  return { local: local!, peer: peer!, ipVersion: 4, netns }
}

interface EndFacts {
  timeNs?: number
  netns?: number
}

function end(
  owner: Task,
  role: ConnectionEnd['role'],
  text: string,
  { timeNs = 0, netns = 1 }: EndFacts = {},
): ConnectionEnd {
  return { timeNs, socket: socket(text, netns), owner, role }
}

/** The pairs that are found among these ends, by comm. */
function pairsOf(...ends: ConnectionEnd[]): string[] {
  const found: string[] = []
  const pairs = new ConnectionPairs((client, server) => found.push(`${client.owner.comm} ${server.owner.comm}`))
  for (const each of ends) pairs.add(each)
  return found
}

const [web, redis] = [task(1, 'web'), task(2, 'redis')]

test('the two sockets of a connection are a pair, whichever comes first, across namespaces', () => {
  const client = end(web, 'client', '10.0.0.1:40000>10.0.0.2:6379', { netns: 1 })
  const server = end(redis, 'server', '10.0.0.2:6379>10.0.0.1:40000', { netns: 2 })
  assert.deepEqual([pairsOf(client, server), pairsOf(server, client)], [['web redis'], ['web redis']])
})

test('other ports, other addresses, and loopbacks of other namespaces are no pair', () => {
  const client = end(web, 'client', '127.0.0.1:40000>127.0.0.1:80', { netns: 1 })
  assert.deepEqual(pairsOf(client, end(redis, 'server', '127.0.0.1:80>127.0.0.1:40000', { netns: 2 })), [])
  assert.deepEqual(pairsOf(client, end(redis, 'server', '127.0.0.1:80>127.0.0.1:40001', { netns: 1 })), [])
  assert.deepEqual(pairsOf(client, end(redis, 'server', '127.0.0.1:80>127.0.0.1:40000', { netns: 1 })), ['web redis'])
})

test('of two sockets that were there before, the lower port is the server, unless one is known', () => {
  const [a, b] = ['10.0.0.1:40000>10.0.0.2:6379', '10.0.0.2:6379>10.0.0.1:40000']
  assert.deepEqual(pairsOf(end(web, undefined, a), end(redis, undefined, b)), ['web redis'])
  assert.deepEqual(pairsOf(end(web, 'server', a), end(redis, undefined, b)), ['redis web'])
})

test('an end whose other end does not come is given up', () => {
  const late = end(redis, 'server', '10.0.0.2:6379>10.0.0.1:40000', { timeNs: 10e9 })
  const filler = end(task(3, 'x'), 'client', '10.0.0.1:1>10.0.0.9:1', { timeNs: 9e9 })
  assert.deepEqual(pairsOf(end(web, 'client', '10.0.0.1:40000>10.0.0.2:6379'), filler, late), [])
})

test('a connection that is translated on the way', () => {
  const found: string[] = []
  const pairs = new ConnectionPairs((client, server) => found.push(`${client.owner.comm} ${server.owner.comm}`))
  const client = end(web, 'client', '172.17.0.3:40000>10.9.9.9:8080')
  pairs.add(client)
  pairs.add(end(redis, 'server', '172.17.0.2:80>172.17.0.1:40000', { netns: 2 }))
  assert.deepEqual(pairs.unpaired(1e9, 0.2e9), [client])
  pairs.addTranslated(client, {
    local: { address: '172.17.0.2', port: 80 },
    peer: { address: '172.17.0.1', port: 40000 },
  })
  assert.deepEqual([found, pairs.unpaired(1e9, 0)], [['web redis'], []])
})

function edge(owner: Task, role: 'client' | 'server', peerAddress: string, port: number, netns = 1): Edge {
  const { pid, comm, processStartNs: startNs, identity } = owner
  const process = { pid, startNs, comm, ...(identity ? { identity } : {}) }
  return { process, protocol: 'tcp', role, peerAddress, port, netns }
}

function textOf(links: Links, of: Edge): string | undefined {
  const found = links.of(of)
  return found && `${found.side} of ${linkText(found.link)}`
}

test('both edges are of one link; edges of others are of none', () => {
  const links = new Links()
  links.note(
    end(web, 'client', '10.0.0.1:40000>10.0.0.2:6379'),
    end(redis, 'server', '10.0.0.2:6379>10.0.0.1:40000', { netns: 2 }),
  )
  const [clientEdge, serverEdge] = [edge(web, 'client', '10.0.0.2', 6379), edge(redis, 'server', '10.0.0.1', 6379, 2)]
  assert.deepEqual(
    [textOf(links, clientEdge), textOf(links, serverEdge)],
    ['client of web → redis:6379', 'server of web → redis:6379'],
  )
  assert.equal(links.of(clientEdge)?.link.key, links.of(serverEdge)?.link.key)
  assert.equal(links.of(edge(web, 'client', '10.0.0.9', 6379)), undefined)
})

test('processes of one container are one end; clients that the server cannot tell apart are one link', () => {
  const links = new Links()
  const workers = [task(11, 'Web', 'worker-1'), task(12, 'Web', 'worker-2')]
  const other = task(13, 'cron')
  for (const [i, client] of [...workers, other].entries())
    links.note(
      end(client, 'client', `10.0.0.1:4000${i}>10.0.0.2:6379`),
      end(redis, 'server', `10.0.0.2:6379>10.0.0.1:4000${i}`),
    )
  const edges = [
    ...[...workers, other].map((client) => edge(client, 'client', '10.0.0.2', 6379)),
    edge(redis, 'server', '10.0.0.1', 6379),
  ]
  assert.deepEqual(
    edges.map((each) => textOf(links, each)),
    ['client', 'client', 'client', 'server'].map((side) => `${side} of web, cron → redis:6379`),
  )
})

test("Docker's relay is left out: client and container are the ends", () => {
  const links = new Links()
  const [proxy, api] = [task(20, 'docker', 'docker-proxy'), task(21, 'Api', 'node')]
  links.note(
    end(web, 'client', '127.0.0.1:40000>127.0.0.1:8080'),
    end(proxy, 'server', '127.0.0.1:8080>127.0.0.1:40000'),
  )
  links.note(
    end(proxy, 'client', '172.17.0.1:50000>172.17.0.2:80'),
    end(api, 'server', '172.17.0.2:80>172.17.0.1:50000', { netns: 2 }),
  )
  assert.equal(textOf(links, edge(web, 'client', '127.0.0.1', 8080)), 'client of web → api:80 (docker-proxy)')
  assert.equal(textOf(links, edge(api, 'server', '172.17.0.1', 80, 2)), 'server of web → api:80 (docker-proxy)')
  assert.equal(links.of(edge(proxy, 'client', '172.17.0.2', 80)), undefined)
})

test('the edges of a process that has ended are forgotten after a minute, those of others stay', () => {
  const links = new Links()
  const client = end(web, 'client', '10.0.0.1:40000>10.0.0.2:6379')
  const server = end(redis, 'server', '10.0.0.2:6379>10.0.0.1:40000')
  links.note(client, server)
  const looked: number[] = []
  const isRunning = (pid: number): boolean => {
    looked.push(pid)
    return pid === redis.pid
  }
  const known = (): boolean[] => [links.knows(client), links.knows(server)]
  links.forgetEnded(isRunning, 59e9, 10)
  assert.deepEqual([known(), looked], [[true, true], []])
  links.forgetEnded(isRunning, 60e9, 10)
  assert.deepEqual(
    [known(), looked],
    [
      [false, true],
      [1, 2],
    ],
  )
  links.forgetEnded(isRunning, 61e9, 10)
  assert.deepEqual(looked, [1, 2])
})
