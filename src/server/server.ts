import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listenAddressText, type ListenAddress } from '../lib/listen-address.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { limitConnections } from './connections.ts'
import { metricsRoute, type MetricSource } from './metrics-page.ts'
import { send, type Route, type Routes } from './route.ts'

export const defaultListen: ListenAddress = { host: '127.0.0.1', port: 9474 }

/** A request is over within these, or its connection is. */
const headersMs = 5000
const requestMs = 10_000
/** Longer than scrapes are apart. */
const keepAliveMs = 70_000
const maxHeaderBytes = 8192

export interface ServerOptions {
  listen: ListenAddress
  registry: MetricSource
  /** What is the matter with the agent; undefined: nothing. */
  problem?: (() => string | undefined) | undefined
  /** Further paths, such as those of a dashboard. */
  routes?: Routes | undefined
}

/** The agent's HTTP side. */
export interface RunningServer {
  /** With the port that it got, where any was asked for. */
  address: ListenAddress
  /** `http://127.0.0.1:9474` */
  url: string
  /** Ends all connections too. */
  close(): Promise<void>
}

/** @throws OperatorError where the address is taken or cannot be had: the agent can go on and try again */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const routes = routesOf(options)
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: keepAliveMs,
    },
    (request, response) => void answer(routes, request, response),
  )
  limitConnections(server)
  const { host, port } = options.listen
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (error) {
    throw listenError(options.listen, error as NodeJS.ErrnoException)
  }
  const address = { host, port: (server.address() as AddressInfo).port }
  return { address, url: `http://${listenAddressText(address)}`, close: () => closed(server) }
}

function listenError(listen: ListenAddress, cause: NodeJS.ErrnoException): OperatorError {
  const text = listenAddressText(listen)
  const reason = { EADDRINUSE: 'another program listens there', EACCES: 'that needs more rights' }[cause.code ?? '']
  return new OperatorError('WIRELAG_LISTEN', `no metrics at ${text}: ${reason ?? cause.message}`, {
    advice: 'Give it another address: `listen` in the configuration, or --listen.',
    cause,
  })
}

async function closed(server: Server): Promise<void> {
  const isClosed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await isClosed
}

function routesOf({ registry, problem, routes = new Map<string, Route>() }: ServerOptions): Routes {
  const own: [string, Route][] = [
    ['/metrics', metricsRoute(registry)],
    [
      '/healthz',
      (request, response) => {
        const found = problem?.()
        send(request, response, { status: found === undefined ? 200 : 503, body: `${found ?? 'ok'}\n` })
      },
    ],
    ['/', (request, response) => send(request, response, { body: welcome })],
  ]
  return new Map([...own, ...routes])
}

const welcome = `wirelag: where did the network time go?

/metrics   for Prometheus (text, or OpenMetrics with exemplars)
/healthz   200 while the agent works
`

async function answer(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await routed(routes, request, response)
  } catch (error) {
    if (response.headersSent) request.socket.destroy()
    else send(request, response, { status: 500, body: `${(error as Error).message}\n` })
  }
}

async function routed(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://agent')
  const route = url && routes.get(url.pathname)
  if (!route) {
    send(request, response, { status: 404, body: 'there is no such page\n', headers: { connection: 'close' } })
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    // What it sends is not read.
    const headers = { allow: 'GET, HEAD', connection: 'close' }
    send(request, response, { status: 405, body: 'only GET\n', headers })
  } else {
    await route(request, response, url)
  }
}
