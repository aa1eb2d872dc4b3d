import { defineFault } from './fault.ts'
import { port } from './scene.ts'
import { visit } from './traffic.ts'

/** The server looks at its listener every 100 ms. */
export const slowAccept = defineFault(
  {
    name: 'slow-accept',
    title: 'A server is late to accept connections',
    explain: `The kernel ends the handshake by itself, so clients are connected and send their request at once. But the server
calls accept() only every 100 ms, and until then the connection lies in the accept queue.
It hurts because to the client connecting was fast and the answer is slow, and the server never sees the wait.`,
    cause: 'slow-accept',
  },
  async (scene) => {
    const server = await scene.server('late-acceptor')
    const client = await scene.client('steady-client')
    await server.do(`listen l 0.0.0.0 ${port} 128`)
    server.repeat('sleep 100', 'serve-pending l 100')
    for (let i = 0; i < 4; i++) client.repeat(...visit(scene, `c${i}`, 10, 'server'))
    return { culprit: server, victim: client }
  },
)

/** The server accepts one connection a second, and has room for one that waits. */
export const acceptQueueOverflow = defineFault(
  {
    name: 'accept-queue-overflow',
    title: "A server's accept queue is full",
    explain: `The server hardly ever calls accept(), and its accept queue is short (a backlog of 1). When it is full, the kernel
drops what would begin or end a handshake, without a word to the client, which tries again after 1 s, then 3 s, then 7 s.
It hurts because connects take whole seconds or time out, while server and network look idle.`,
    cause: 'accept-queue-overflow',
  },
  async (scene) => {
    const server = await scene.server('full-acceptor')
    const client = await scene.client('eager-client')
    await server.do(`listen l 0.0.0.0 ${port} 1`)
    server.repeat('sleep 1000', 'accept l s', 'close s')
    for (let i = 0; i < 10; i++) {
      const name = `c${i}`
      client.repeat(
        `tcp ${name} 4`,
        `option ${name} nonblock 1`,
        `try connect ${name} ${scene.address} ${port}`,
        'lap-begin',
        `poll ${name} out 400`,
        'lap-end',
        `close ${name}`,
        'sleep 20',
      )
    }
    return { culprit: server, victim: client }
  },
)
