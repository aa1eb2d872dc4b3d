import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../lib/ip-address.ts'
import { holderRecordBytes, socketRecordBytes } from '../wire/wire.gen.ts'
import { Listeners } from './listeners.ts'
import { SocketHolders } from './socket-holders.ts'
import { SocketOwners } from './socket-owners.ts'
import { SocketTable } from './state-counts.ts'

const [established, timeWait, listen] = [1, 6, 10]

interface SocketFacts {
  state: number
  local: string
  localPort: number
  peer?: string
  peerPort?: number
  inode?: number
  netns?: number
}

/** As bpf/wire/wire.h lays it out. */
function socketBytes({
  state,
  local,
  localPort,
  peer = '0.0.0.0',
  peerPort = 0,
  inode = 0,
  netns = 1,
}: SocketFacts): Buffer {
  const bytes = Buffer.alloc(socketRecordBytes)
  bytes.set(parseAddress(local), 0)
  bytes.set(parseAddress(peer), 16)
  bytes.writeUInt32LE(netns, 32)
  bytes.writeUInt16LE(localPort, 36)
  bytes.writeUInt16LE(peerPort, 38)
  bytes.writeBigUInt64LE(BigInt(inode), 48)
  bytes.writeUInt8(state, 72)
  return bytes
}

function holderBytes({ pid, inode = 0, netns = 1 }: { pid: number; inode?: number; netns?: number }): Buffer {
  const bytes = Buffer.alloc(holderRecordBytes)
  bytes.writeUInt32LE(pid, 0)
  bytes.write(`service-${pid % 10}`, 32)
  bytes.writeBigUInt64LE(BigInt(inode), 48)
  bytes.writeUInt32LE(netns, 60)
  return bytes
}

/** The pid of each socket's owner; processes whose pids end in the same digit are one service. */
function ownersOf(
  sockets: SocketFacts[],
  holders: { pid: number; inode: number }[],
  processes: number[],
): (number | undefined)[] {
  const table = new SocketTable([Buffer.concat(sockets.map(socketBytes))])
  const owners = new SocketOwners({
    sockets: table,
    holders: new SocketHolders(
      Buffer.concat(holders.map(holderBytes)),
      Buffer.concat(processes.map((pid) => holderBytes({ pid }))),
    ),
    listeners: new Listeners(table),
    subjectOf: ({ pid }) => String(pid % 10),
  })
  const found: (number | undefined)[] = []
  table.each((record) => found.push(owners.ownerOf(record)?.pid))
  return found
}

test("a socket that nobody holds is its listener's owner's, by address and port", () => {
  const listeners = [
    { state: listen, local: '10.0.0.1', localPort: 80, inode: 1 },
    { state: listen, local: '0.0.0.0', localPort: 80, inode: 2 },
    { state: listen, local: '::', localPort: 443, inode: 3 },
  ]
  const closed = { state: timeWait, peer: '10.0.0.9', peerPort: 40_000 }
  const found = ownersOf(
    [
      ...listeners,
      { ...closed, local: '10.0.0.1', localPort: 80 },
      { ...closed, local: '10.0.0.2', localPort: 80 },
      { ...closed, local: '10.0.0.2', localPort: 443 },
      { ...closed, local: 'fe80::1', localPort: 80, peer: 'fe80::2' },
    ],
    [
      { pid: 11, inode: 1 },
      { pid: 22, inode: 2 },
      { pid: 33, inode: 3 },
    ],
    [11, 22, 33],
  )
  assert.deepEqual(found, [11, 22, 33, 11, 22, 33, undefined])
})

test('listeners that share a port are one service, or nobody knows', () => {
  const sockets = [
    { state: listen, local: '0.0.0.0', localPort: 80, inode: 1 },
    { state: listen, local: '0.0.0.0', localPort: 80, inode: 2 },
    { state: timeWait, local: '10.0.0.1', localPort: 80, peer: '10.0.0.9', peerPort: 40_000 },
  ]
  const heldBy = (...pids: number[]): (number | undefined)[] =>
    ownersOf(
      sockets,
      pids.map((pid, i) => ({ pid, inode: i + 1 })),
      pids,
    ).slice(2)
  assert.deepEqual(heldBy(11, 21), [11])
  assert.deepEqual(heldBy(11, 22), [undefined])
})

test('without a listener: who else talks to that peer, unless they are several', () => {
  const left = { state: timeWait, local: '10.0.0.1', localPort: 40_000, peer: '10.0.0.9', peerPort: 5432 }
  const held = (inode: number, localPort: number): SocketFacts => ({ ...left, state: established, inode, localPort })
  const holders = [
    { pid: 11, inode: 1 },
    { pid: 22, inode: 2 },
  ]
  assert.deepEqual(ownersOf([left, held(1, 40_001)], holders, [11, 22]), [11, 11])
  assert.deepEqual(ownersOf([left, held(1, 40_001), held(2, 40_002)], holders, [11, 22]), [undefined, 11, 22])
  assert.deepEqual(ownersOf([left], holders, [11, 22]), [undefined])
  assert.deepEqual(ownersOf([left], holders, [11, 21]), [11])
})

test('a socket whose file nobody has open is nobody’s; init holds for others', () => {
  const hidden = {
    state: established,
    local: '10.0.0.1',
    localPort: 40_000,
    peer: '10.0.0.9',
    peerPort: 5432,
    inode: 7,
  }
  assert.deepEqual(ownersOf([hidden], [], [11]), [undefined])
  assert.deepEqual(
    ownersOf(
      [hidden],
      [
        { pid: 1, inode: 7 },
        { pid: 11, inode: 7 },
      ],
      [1, 11],
    ),
    [11],
  )
})
