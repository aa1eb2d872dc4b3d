import { isDeepStrictEqual } from 'node:util'
import { OperatorError } from '../lib/operator-error.ts'
import type { StructLayout } from './native.ts'

/**
 * Sees to it that the structs of the BPF object are those that the readers were generated for.
 *
 * @param expected by struct name
 * @param layoutOf what the object's own BTF says
 * @throws OperatorError naming the first struct that differs
 */
export function checkLayout(
  expected: Readonly<Record<string, StructLayout>>,
  layoutOf: (name: string) => StructLayout,
): void {
  for (const [name, layout] of Object.entries(expected)) {
    if (!isDeepStrictEqual(layoutOf(name), layout))
      throw new OperatorError('WIRELAG_STALE_BUILD', `struct ${name} of the BPF programs is not what wirelag reads`, {
        advice: 'The build is not of this version. In the checkout: npm run generate',
      })
  }
}
