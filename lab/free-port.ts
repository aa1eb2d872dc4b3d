import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/**
 * A port that nobody listens on now, from the kernel's ephemeral range, for programs that cannot be told to take any
 * and say which. Somebody else may take it first: who needs it should start at once.
 */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
