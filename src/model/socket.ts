/** One end of a connection. */
export interface Endpoint {
  /** Text; IPv4-mapped IPv6 stands here as IPv4. */
  address: string
  port: number
  /** By reverse lookup, where that was asked for and answered. */
  name?: string
}

/** A connection as one of its sockets sees it. */
export interface SocketPair {
  local: Endpoint
  peer: Endpoint
  ipVersion: 4 | 6
  /** Inode number of the network namespace. */
  netns: number
}
