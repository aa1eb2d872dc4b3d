import type { Performer } from './performer.ts'
import { port, type Scene } from './scene.ts'

/** How a client's exchanges go. */
export interface ExchangeOptions {
  requestBytes?: number
  answerBytes?: number
  /** Between an answer and the next request. */
  pauseMs?: number
  /** That the server computes for each. */
  computeMs?: number
}

/** Requests and answers over the connection of a client and a server (Scene.connect); the client waits for each. */
export function exchange(client: Performer, server: Performer, number = '', options: ExchangeOptions = {}): void {
  const { requestBytes = 100, answerBytes = 100, pauseMs = 20, computeMs = 0 } = options
  const compute = computeMs > 0 ? [`spin ${computeMs}`] : []
  server.repeat(`recv s${number} ${requestBytes} waitall`, ...compute, `send s${number} ${answerBytes}`)
  client.repeat(
    'lap-begin',
    `send c${number} ${requestBytes}`,
    `recv c${number} ${answerBytes} waitall`,
    'lap-end',
    `sleep ${pauseMs}`,
  )
}

/** The same over as many connections, which it makes. */
export async function exchangeOver(
  scene: Scene,
  [client, server]: readonly [Performer, Performer],
  connections: number,
  options: ExchangeOptions = {},
): Promise<void> {
  for (let i = 1; i <= connections; i++) {
    const number = i === 1 ? '' : String(i)
    await scene.connect(client, server, number)
    exchange(client, server, number, options)
  }
}

/** 50 requests a second over the connection of a client and a server, whose client does not wait for the answers. */
export function pour(client: Performer): void {
  client.repeat('send c 100', 'sleep 20')
  client.repeat('recv c 65536')
}

/**
 * What a client does that makes a connection for each request.
 *
 * @param name of the socket
 * @param closer who closes first, and has the connection in TIME_WAIT then
 */
export function visit(scene: Scene, name: string, pauseMs: number, closer: 'client' | 'server'): string[] {
  return [
    'lap-begin',
    `tcp ${name} 4`,
    `connect ${name} ${scene.address} ${port}`,
    `send ${name} 100`,
    `recv ${name} 100 waitall`,
    'lap-end',
    ...(closer === 'server' ? [`recv ${name} 1`] : []),
    `close ${name}`,
    `sleep ${pauseMs}`,
  ]
}

/** What a client does that tries to connect, and waits as long as the kernel does. @param name of the socket */
export function tryToConnect(scene: Scene, name: string, pauseMs: number): string[] {
  return [
    `tcp ${name} 4`,
    'lap-begin',
    `try connect ${name} ${scene.address} ${port}`,
    'lap-end',
    `close ${name}`,
    `sleep ${pauseMs}`,
  ]
}

/** Sends as much as it can over further connections, that a process on the server's host reads. */
export async function flood(scene: Scene, sender: Performer, connections: number): Promise<void> {
  const sink = await scene.server('sink')
  const sinkPort = port + 1
  await sink.do(`listen m 0.0.0.0 ${sinkPort} 128`)
  for (let i = 0; i < connections; i++) {
    await sender.do(`tcp b${i} 4`, `connect b${i} ${scene.address} ${sinkPort}`)
    await sink.do(`accept m b${i}`)
    sink.repeat(`recv b${i} 65536`)
    sender.repeat(`send b${i} 65536`)
  }
}
