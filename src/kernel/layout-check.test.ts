import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wireLayout } from '../wire/wire.gen.ts'
import { checkLayout } from './layout-check.ts'
import { bpfObjectFile, native, type StructLayout } from './native.ts'

const actual = (name: string): StructLayout => native().structLayout(bpfObjectFile, name)

test('the built object has the layout that the readers were generated for', () => {
  assert.ok(Object.keys(wireLayout).includes('wl_sample_event'))
  checkLayout(wireLayout, actual)
})

test('a field that moved, grew or has another name stops the load', () => {
  for (const change of [{ offset: 108 }, { size: 8 }, { name: 'latency' }]) {
    const moved = (name: string): StructLayout => {
      const layout = actual(name)
      if (name !== 'wl_sample_event') return layout
      return { ...layout, members: [...layout.members.slice(0, -1), { ...layout.members.at(-1)!, ...change }] }
    }
    assert.throws(() => checkLayout(wireLayout, moved), { code: 'WIRELAG_STALE_BUILD', message: /wl_sample_event/ })
  }
})
