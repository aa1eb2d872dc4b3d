/** Where a server listens. */
export interface ListenAddress {
  host: string
  port: number
}

/**
 * An address with its port: `127.0.0.1:9474`, `[::1]:9474`, `:9474` or `0.0.0.0:9474` for all of IPv4, `9474` for loopback; `off` is
 * nothing.
 *
 * @throws SyntaxError
 */
export function parseListenAddress(text: string): ListenAddress | 'off' {
  if (text === 'off') return 'off'
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]*)):)?(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535)
    throw new SyntaxError(
      `'${text}' is not an address to listen on: one such as 127.0.0.1:9474, [::1]:9474, :9474, or off`,
    )
  if (match[1] === undefined && match[2] === undefined) return { host: '127.0.0.1', port }
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port }
}

/** As a URL has it. */
export function listenAddressText({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
