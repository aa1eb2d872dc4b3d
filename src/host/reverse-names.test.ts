import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ReverseNames } from './reverse-names.ts'

const port = 45_353

/** A DNS server that knows two addresses. */
async function nameServer(): Promise<AsyncDisposable> {
  const records = ['10.20.30.40', '2001:db8::7'].map((address, i) => `--host-record=host-${i}.example,${address}`)
  const args = ['--no-daemon', '--no-resolv', '--no-hosts', '--conf-file=/dev/null', '--pid-file=', `--port=${port}`]
  const listen = ['--listen-address=127.0.0.1', '--bind-interfaces', '--local=/#/', '--user=root']
  const server = spawn('/usr/sbin/dnsmasq', [...args, ...listen, ...records], { stdio: ['ignore', 'ignore', 'pipe'] })
  await once(server.stderr, 'data')
  return {
    [Symbol.asyncDispose]: async () => {
      const ended = once(server, 'exit')
      server.kill()
      await ended
    },
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await sleep(10)
  assert.ok(condition())
}

test('an address has its name once it was looked up; one without has none, and is not asked for again', async () => {
  await using _server = await nameServer()
  const names = new ReverseNames([`127.0.0.1:${port}`])
  const addresses = ['10.20.30.40', '2001:db8::7', '10.20.30.41', '0.0.0.0']
  const told = (): (string | undefined)[] => addresses.map((address) => names.nameOf(address))
  assert.deepEqual(told(), [undefined, undefined, undefined, undefined])
  await until(() => told()[1] !== undefined)
  assert.deepEqual(told(), ['host-0.example', 'host-1.example', undefined, undefined])
  names.close()
})

test('a server that does not answer leaves addresses without names', async () => {
  const names = new ReverseNames(['127.0.0.1:1'])
  assert.equal(names.nameOf('10.20.30.40'), undefined)
  await sleep(100)
  assert.equal(names.nameOf('10.20.30.40'), undefined)
  names.close()
})
