import { native, type NativeError } from './native.ts'

/** A network namespace that ended, or a path that is none any more. */
const goneCodes = new Set(['ENOENT', 'ESRCH', 'ENOTDIR', 'EINVAL'])

/**
 * Texts of files as a task inside a network namespace sees them. What follows the reader: /proc/sys/net, and the files of
 * /proc/thread-self/net; so a namespace is read in which no process is.
 *
 * @param netnsPath by which the namespace can be entered: /proc/PID/ns/net, /run/netns/NAME
 * @param inode that the namespace must have, as the path may be another's meanwhile; 0: whichever is there
 * @returns for each file, in their order: undefined where it cannot be read; undefined for all where the namespace is gone
 * @throws NativeError where the rights to enter are missing (EPERM, EACCES)
 */
export async function readInNamespace(
  netnsPath: string,
  inode: number,
  files: readonly string[],
): Promise<(string | undefined)[]> {
  try {
    return await native().readInNamespace(netnsPath, inode, files)
  } catch (error) {
    if (!isNamespaceGone(error)) throw error
    return files.map(() => undefined)
  }
}

/** Whether a NativeError says that a network namespace is not there any more. */
export function isNamespaceGone(error: unknown): boolean {
  return goneCodes.has((error as NativeError).code ?? '')
}
