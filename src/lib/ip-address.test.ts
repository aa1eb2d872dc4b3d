import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, parseAddress, parseNetwork, prefixMask } from './ip-address.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('addresses to 16 bytes and back', () => {
  const cases: [text: string, bytes: string, shown: string][] = [
    ['127.0.0.1', '00000000000000000000ffff7f000001', '127.0.0.1'],
    ['::ffff:10.0.0.1', '00000000000000000000ffff0a000001', '10.0.0.1'],
    ['::1', '00000000000000000000000000000001', '::1'],
    ['::', '00000000000000000000000000000000', '::'],
    ['2001:DB8:0:0:1:0:0:1', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['fe80::1', 'fe800000000000000000000000000001', 'fe80::1'],
  ]
  for (const [text, bytes, shown] of cases) {
    assert.equal(hex(parseAddress(text)), bytes)
    assert.equal(formatAddress(parseAddress(text)), shown)
  }
})

test('what is no address is refused', () => {
  for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', '256.0.0.1', '0x7f.1', '::g', '1.2.3.4/8'])
    assert.throws(() => parseAddress(text), SyntaxError, text)
})

test('networks: the prefix counts in 128 bits, and the host bits are cleared', () => {
  assert.deepEqual(parseNetwork('10.1.2.3/8').prefixBits, 104)
  assert.equal(hex(parseNetwork('10.1.2.3/8').bytes), '00000000000000000000ffff0a000000')
  assert.equal(hex(parseNetwork('2001:db8::1/32').bytes), '20010db8000000000000000000000000')
  assert.deepEqual([parseNetwork('10.0.0.1').prefixBits, parseNetwork('::1').prefixBits], [128, 128])
  assert.deepEqual([parseNetwork('0.0.0.0/0').prefixBits, parseNetwork('::/0').prefixBits], [96, 0])
  for (const text of ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/a'])
    assert.throws(() => parseNetwork(text), SyntaxError, text)
})

test('masks', () => {
  assert.equal(hex(prefixMask(0)), '0'.repeat(32))
  assert.equal(hex(prefixMask(128)), 'f'.repeat(32))
  assert.equal(hex(prefixMask(104)), `${'f'.repeat(26)}000000`)
  assert.equal(hex(prefixMask(97)), `${'f'.repeat(24)}80000000`)
})
