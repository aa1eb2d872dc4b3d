import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceAlone } from '../../model/container.ts'
import type { Edge } from '../../model/edge.ts'
import { linkEndOf } from '../../model/link.ts'
import { broaderSubject, edgeSubject, ownerSubject, type LinkOf } from './subject.ts'

const base: Edge = {
  process: { pid: 812, startNs: 5, comm: 'nginx', identity: serviceAlone('web') },
  protocol: 'tcp',
  role: 'client',
  peerAddress: '203.0.113.9',
  port: 443,
  netns: 1,
}

function peerOf(edge: Partial<Edge>, linkOf?: LinkOf): string | undefined {
  return edgeSubject({ ...base, ...edge }, linkOf).labels['peer_service']
}

test('labels of an edge: no pid, no address', () => {
  assert.deepEqual(edgeSubject(base).labels, {
    service: 'web',
    container: '',
    namespace: '',
    pod: '',
    peer_service: 'port:443',
    role: 'client',
  })
})

test('a container of a pod, without a name by the beginning of its id', () => {
  const pod = { uid: undefined, name: 'web-1', namespace: 'shop', workload: 'web' }
  const id = 'ab'.repeat(32)
  const container = { runtime: undefined, id, name: undefined, image: undefined, compose: undefined, pod }
  const identity = { container, unit: undefined, service: 'web', cgroupPath: undefined }
  assert.deepEqual(ownerSubject({ comm: 'nginx', identity }).labels, {
    service: 'web',
    container: 'abababababab',
    namespace: 'shop',
    pod: 'web-1',
  })
})

test('who is not on this host is its port, as far as that is a service’s, or external', () => {
  assert.equal(peerOf({ port: 32_767 }), 'port:32767')
  assert.equal(peerOf({ port: 32_768 }), 'port:dynamic')
  assert.equal(peerOf({ role: 'server', port: 80 }), 'external')
  assert.equal(peerOf({ protocol: 'udp', peerAddress: '0.0.0.0', port: 0 }), 'external')
  assert.equal(peerOf({ role: 'any', peerAddress: undefined, port: undefined }), 'other')
})

test('who is on this host has its name', () => {
  const [a, b, redis] = ['a', 'b', 'redis'].map((comm) => linkEndOf({ comm }))
  const link = { key: '', clients: [a!], server: redis!, port: 6379, via: undefined }
  assert.equal(
    peerOf({}, () => ({ link, side: 'client' })),
    'redis',
  )
  assert.equal(
    peerOf({ role: 'server' }, () => ({ link, side: 'server' })),
    'a',
  )
  assert.equal(
    peerOf({ role: 'server' }, () => ({ link: { ...link, clients: [a!, b!] }, side: 'server' })),
    'several',
  )
})

test('broader: all peers as one, then other', () => {
  const peers = broaderSubject(edgeSubject(base))
  assert.deepEqual(
    [peers.labels['service'], peers.labels['peer_service'], peers.labels['role']],
    ['web', 'other', 'client'],
  )
  assert.deepEqual([...new Set(Object.values(broaderSubject(peers).labels))], ['other'])
  assert.deepEqual(broaderSubject(ownerSubject({ comm: 'x' })).labels, {
    service: 'other',
    container: 'other',
    namespace: 'other',
    pod: 'other',
  })
  assert.deepEqual([...new Set(Object.values(edgeSubject({ ...base, process: undefined }).labels))], ['other'])
})

test('names are valid text of at most 200 characters, so that two cannot become one later', () => {
  const { labels } = ownerSubject({ comm: `\ud800${'x'.repeat(500)}` })
  assert.equal(labels['service'], `\ufffd${'x'.repeat(199)}`)
})
