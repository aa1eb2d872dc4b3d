import assert from 'node:assert/strict'
import { test } from 'node:test'
import { edgeKey, peerText } from './edge-text.ts'
import type { Edge } from './edge.ts'

const client: Edge = {
  process: { pid: 7, startNs: 100, comm: 'curl' },
  protocol: 'tcp',
  role: 'client',
  peerAddress: '10.0.0.1',
  port: 443,
  netns: 1,
}

test('the peer of a client, a server, over UDP, over IPv6, of a socket that is not connected', () => {
  assert.deepEqual(
    [
      peerText(client),
      peerText({ ...client, peerAddress: '2001:db8::1' }),
      peerText({ ...client, role: 'server', peerAddress: '2001:db8::1' }),
      peerText({ ...client, protocol: 'udp' }),
      peerText({ ...client, protocol: 'udp', role: 'server', peerAddress: '0.0.0.0', port: 53 }),
      peerText({ ...client, protocol: 'udp', peerAddress: '::', port: 0 }),
      peerText({ ...client, role: 'any', peerAddress: undefined, port: undefined }),
    ],
    [
      'to 10.0.0.1:443',
      'to [2001:db8::1]:443',
      'from 2001:db8::1 on 443',
      'udp to 10.0.0.1:443',
      'udp from * on 53',
      'udp to *:*',
      '(all others)',
    ],
  )
})

test('edges have keys of their own, whatever the thread that was seen last is called', () => {
  const others: Edge[] = [
    client,
    { ...client, process: { pid: 7, startNs: 200, comm: 'curl' } },
    { ...client, process: undefined },
    { ...client, protocol: 'udp' },
    { ...client, role: 'server' },
    { ...client, peerAddress: '10.0.0.2' },
    { ...client, port: 80 },
    { ...client, netns: 2 },
  ]
  assert.equal(new Set(others.map((edge) => edgeKey(edge))).size, others.length)
  assert.equal(edgeKey({ ...client, process: { pid: 7, startNs: 100, comm: 'other' } }), edgeKey(client))
})
