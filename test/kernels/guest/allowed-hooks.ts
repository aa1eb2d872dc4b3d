import type { HookMode } from '../report.ts'

/** Holds what is watched from now on to one kind of hook; `best`: to none. */
export function allowHooks(mode: HookMode): void {
  if (mode === 'best') delete process.env['WIRELAG_HOOKS']
  else process.env['WIRELAG_HOOKS'] = mode
}
