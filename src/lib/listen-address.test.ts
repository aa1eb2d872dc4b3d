import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listenAddressText, parseListenAddress } from './listen-address.ts'

test('an address with its port, a port alone, or off', () => {
  assert.deepEqual(parseListenAddress('127.0.0.1:9474'), { host: '127.0.0.1', port: 9474 })
  assert.deepEqual(parseListenAddress('[::1]:80'), { host: '::1', port: 80 })
  assert.deepEqual(parseListenAddress('localhost:0'), { host: 'localhost', port: 0 })
  assert.deepEqual(parseListenAddress(':9474'), { host: '0.0.0.0', port: 9474 })
  assert.deepEqual(parseListenAddress('9474'), { host: '127.0.0.1', port: 9474 })
  assert.equal(parseListenAddress('off'), 'off')
})

for (const text of ['', 'localhost', '::1:9474', '127.0.0.1:70000', 'http://a:80', 'a b:80', '127.0.0.1:9x']) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseListenAddress(text), /is not an address to listen on/)
  })
}

test('as a URL has it', () => {
  assert.equal(listenAddressText({ host: '::1', port: 80 }), '[::1]:80')
  assert.equal(listenAddressText({ host: '10.0.0.1', port: 80 }), '10.0.0.1:80')
})
