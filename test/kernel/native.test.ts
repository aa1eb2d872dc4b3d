import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { bpfObjectFile, native, type NativeBpfObject, type NativeError } from '../../src/kernel/native.ts'

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** The object with nothing of it to be loaded but these programs. */
function opened(...programs: string[]): NativeBpfObject {
  const object = new (native().BpfObject)(bpfObjectFile)
  for (const { name } of object.programs()) object.setAutoload(name, programs.includes(name))
  return object
}

test('an object that is not there: an error with errno and what libbpf said', () => {
  assert.throws(
    () => new (native().BpfObject)('/nonexistent.bpf.o'),
    (error: NativeError) =>
      error.code === 'ENOENT' && error.errno === 2 && /libbpf: .*nonexistent/.test(error.log ?? ''),
  )
})

test("a program that the verifier refuses: the error has the verifier's log", () => {
  const object = opened('existing_sockets')
  // Without its map the program cannot be verified.
  object.setMapAutocreate('connections', false)
  assert.throws(
    () => object.load(),
    (error: NativeError) => /existing_sockets/.test(error.log ?? '') && /connections/.test(error.log ?? ''),
  )
  object.close()
})

test('after close every method throws but close', () => {
  const object = opened('pickup_read_tp')
  object.load()
  object.close()
  object.close()
  assert.throws(() => object.programs(), /closed/)
  assert.throws(() => object.lookup('books', new Uint8Array(4)), /closed/)
  assert.throws(() => object.openRing('events'), /closed/)
})

test('a ring is closed with its object', () => {
  const object = opened('pickup_read_tp')
  object.load()
  const ring = object.openRing('events')
  ring.arm(() => assert.fail('nothing was sent'))
  assert.equal(ring.drain(new Uint8Array(4096), 128), 0)
  object.close()
  assert.throws(() => ring.drain(new Uint8Array(4096), 128), /closed/)
  assert.throws(() => ring.arm(() => {}), /closed/)
})

test('loading, attaching and closing 20 times leaves no descriptor, nor does a throw', () => {
  const before = openDescriptors()
  for (let i = 0; i < 20; i++) {
    const object = opened('pickup_read_tp', 'accept_call_exit')
    object.load()
    object.attach('pickup_read_tp')
    object.attach('accept_call_exit')
    assert.throws(() => object.attach('no_such_program'), RangeError)
    object.openRing('events')
    object.close()
    assert.throws(() => new (native().BpfObject)('/nonexistent.bpf.o'))
  }
  assert.equal(openDescriptors(), before)
})

test('an iterator is read in the namespace it is told, and one that is gone is ENOENT', async () => {
  await using host = await Actor.inNewNamespace()
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  const object = opened('existing_sockets')
  object.load()
  await object.readIterator('existing_sockets', host.netnsPath)
  assert.equal(object.entries('connections').count, 2)
  await assert.rejects(object.readIterator('existing_sockets', '/proc/0/ns/net'), { code: 'ENOENT' })
  object.close()
})
