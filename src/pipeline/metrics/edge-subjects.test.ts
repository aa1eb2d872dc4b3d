import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceAlone } from '../../model/container.ts'
import type { Edge } from '../../model/edge.ts'
import { linkEndOf } from '../../model/link.ts'
import type { LinkSide } from '../../track/links.ts'
import { EdgeSubjects } from './edge-subjects.ts'

test('an edge has the same subject until it is somebody else’s, or five seconds have passed', () => {
  const process = { pid: 7, startNs: 5, comm: 'c', identity: serviceAlone('web') }
  const edge: Edge = { process, protocol: 'tcp', role: 'client', peerAddress: '10.0.0.1', port: 6379, netns: 1 }
  const found: LinkSide[] = []
  const subjects = new EdgeSubjects(() => found.at(-1))
  const at = (unixMs: number): (string | undefined)[] => {
    const { labels } = subjects.of(edge, unixMs)
    return [labels['service'], labels['peer_service']]
  }
  assert.deepEqual(at(0), ['web', 'port:6379'])
  const server = linkEndOf({ comm: 'redis' })
  found.push({ link: { key: '', clients: [], server, port: 6379, via: undefined }, side: 'client' })
  assert.deepEqual(at(4999), ['web', 'port:6379'])
  assert.deepEqual(at(5000), ['web', 'redis'])
  process.identity = serviceAlone('shop')
  assert.deepEqual(at(5001), ['shop', 'redis'])
})
