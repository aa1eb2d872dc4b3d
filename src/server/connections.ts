import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** More than these have no need of an agent; whoever was quiet for the longest time gives way. */
const maxConnections = 128
/** A client that neither sends nor takes anything. */
const quietMs = 30_000

/** Keeps the connections of a server few, and those that hang short. */
export function limitConnections(server: Server): void {
  /** The one that was quiet for the longest time first. */
  const connections = new Set<Socket>()
  server.timeout = quietMs
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    if (connections.size > maxConnections) {
      const [quietest] = connections
      quietest?.destroy()
    }
  })
  server.on('request', ({ socket }) => {
    if (!connections.delete(socket)) return
    connections.add(socket)
  })
}
