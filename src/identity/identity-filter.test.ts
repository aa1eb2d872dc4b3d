import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Identity } from '../model/container.ts'
import { passesIdentity } from './identity-filter.ts'

const id = 'c0ffee'.padEnd(64, '0')
const web: Identity = {
  container: {
    runtime: 'docker',
    id,
    name: 'shop-web-1',
    image: undefined,
    compose: undefined,
    pod: { uid: 'u', name: 'web-0', namespace: 'shop', workload: 'web' },
  },
  unit: undefined,
  service: 'web',
  cgroupPath: `/docker/${id}`,
}
const host: Identity = {
  container: undefined,
  unit: 'ssh.service',
  service: 'ssh',
  cgroupPath: '/system.slice/ssh.service',
}

test('a container goes by its name, its id, or the beginning of that', () => {
  for (const name of ['shop-web-1', 'shop-*', id, id.slice(0, 12), 'c0ffee*'])
    assert.ok(passesIdentity({ container: { include: [name], exclude: [] } }, web), name)
  assert.ok(!passesIdentity({ container: { include: ['shop-db-1'], exclude: [] } }, web))
})

test('everything that is asked for must be so', () => {
  const only = (name: string): { include: string[]; exclude: string[] } => ({ include: [name], exclude: [] })
  assert.ok(passesIdentity({ pod: only('web-*'), namespace: only('shop'), service: only('web') }, web))
  assert.ok(!passesIdentity({ pod: only('web-*'), namespace: only('other') }, web))
})

test('what is in no container passes what excludes containers, and nothing that includes some', () => {
  assert.ok(passesIdentity({ container: { include: [], exclude: ['shop-*'] } }, host))
  assert.ok(!passesIdentity({ container: { include: [], exclude: ['shop-*'] } }, web))
  assert.ok(!passesIdentity({ container: { include: ['*'], exclude: [] } }, host))
  assert.ok(!passesIdentity({ service: { include: ['*'], exclude: [] } }, undefined))
  assert.ok(passesIdentity({}, undefined))
})
