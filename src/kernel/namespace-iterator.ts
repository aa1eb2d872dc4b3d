import { OperatorError } from '../lib/operator-error.ts'
import type { NativeBpfObject } from './native.ts'

/**
 * Runs an iterator program in each of the network namespaces at these paths; one that is gone by now gives nothing.
 *
 * @throws OperatorError without the right to enter them
 */
export async function readInNamespaces(
  object: NativeBpfObject,
  program: string,
  netnsPaths: readonly string[],
): Promise<Buffer[]> {
  const result: Buffer[] = []
  for (const path of netnsPaths) {
    try {
      result.push(await object.readIterator(program, path))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPERM' || code === 'EACCES') throw noRights(path, error)
      if (code !== 'ENOENT') throw error
    }
  }
  return result
}

function noRights(path: string, cause: unknown): OperatorError {
  return new OperatorError(
    'WIRELAG_NO_RIGHTS',
    `the kernel does not let this user enter the network namespace ${path}`,
    {
      advice: 'Run it as root, or with CAP_SYS_ADMIN (and CAP_SYS_PTRACE, to find the namespaces of others).',
      cause,
    },
  )
}
