import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ServiceManager } from '../../src/pipeline/agent/service-manager.ts'

/** Prints each datagram that comes, a line each. */
const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(repr(s.recv(4096).decode()), flush=True)
`

test('systemd hears when the agent is ready, alive, reloads and stops', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-notify-'))
  const socket = join(folder, 'notify')
  const python = spawn('python3', ['-c', receiver, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => {
    python.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })
  const lines = createInterface(python.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => (await lines.next()).value ?? ''
  assert.equal(await next(), 'bound')

  const manager = new ServiceManager({
    NOTIFY_SOCKET: socket,
    WATCHDOG_USEC: '20000',
    WATCHDOG_PID: String(process.pid),
  })
  manager.ready('watching\nedge-07')
  assert.equal(await next(), String.raw`'READY=1\nSTATUS=watching edge-07'`)
  // Its timer does not keep a process alive, so something else must meanwhile.
  const alive = setInterval(() => {}, 1000)
  assert.equal(await next(), "'WATCHDOG=1'")
  assert.equal(await next(), "'WATCHDOG=1'")
  clearInterval(alive)
  manager.reloading()
  manager.stopping()
  const rest: string[] = []
  while (rest.at(-1) !== "'STOPPING=1'") rest.push(await next())
  assert.match(rest.find((line) => line !== "'WATCHDOG=1'") ?? '', /^'RELOADING=1\\nMONOTONIC_USEC=\d+'$/)
})

test('where no systemd is, or it has gone, nothing happens', () => {
  new ServiceManager({}).ready('alone')
  new ServiceManager({ NOTIFY_SOCKET: '/nowhere/notify' }).ready('left')
})
