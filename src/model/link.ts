import { containerText, serviceOf, type Container, type Identity } from './container.ts'

/** One end of the connections between two services. */
export interface LinkEnd {
  /** The same for all processes of a container, or of a service that is in none. */
  key: string
  container: Container | undefined
  service: string
}

/** The connections from one service to another, both on this host. */
export interface Link {
  /** The same in every window. */
  key: string
  clients: readonly LinkEnd[]
  server: LinkEnd
  /** That the server listens on. */
  port: number
  /** What passes the data on between them. */
  via: 'docker-proxy' | undefined
}

export function linkEndOf(process: { identity?: Identity; comm: string }): LinkEnd {
  const container = process.identity?.container
  const service = serviceOf(process)
  return { key: container ? `container ${container.id ?? container.name}` : `service ${service}`, container, service }
}

/** What an end goes by: its container, else its service. */
export function linkEndText({ container, service }: LinkEnd): string {
  return container ? containerText(container) : service
}

/** `web → redis:6379`; `web, api → redis:6379` where the data does not tell which of them; `(docker-proxy)` behind it. */
export function linkText({ clients, server, port, via }: Link): string {
  const from = clients.map((client) => linkEndText(client)).join(', ')
  return `${from} → ${linkEndText(server)}:${port}${via ? ` (${via})` : ''}`
}
