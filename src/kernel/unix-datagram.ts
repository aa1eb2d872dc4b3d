import { native } from './native.ts'

/**
 * Sends a text to a Unix datagram socket, at once or not at all; Node.js has none.
 *
 * @param path in the file system, or after `@` a name in the abstract namespace
 * @throws NativeError where nobody listens, or the queue is full
 */
export function sendUnixDatagram(path: string, text: string): void {
  native().sendUnixDatagram(path, text)
}
