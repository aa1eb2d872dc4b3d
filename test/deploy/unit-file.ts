import { spawnSync } from 'node:child_process'
import { deployText } from './deploy-files.ts'

export const unitFile = 'systemd/wirelag.service'

/** The words of a setting of the unit; none where it is not set. */
function unitSetting(name: string): string[] {
  const line = deployText(unitFile)
    .split('\n')
    .find((text) => text.startsWith(`${name}=`))
  return line?.slice(name.length + 1).split(' ') ?? []
}

/** The only capabilities that the agent may have: `CAP_SYS_ADMIN`. */
export function unitCapabilities(): string[] {
  return unitSetting('CapabilityBoundingSet')
}

/** The only system calls that it may make, by their names. */
export function unitSystemCalls(): string[] {
  return unitSetting('SystemCallFilter').flatMap((name) => (name.startsWith('@') ? callsOf(name) : [name]))
}

/** The system calls of a group of systemd's, and of the groups in it. */
function callsOf(group: string): string[] {
  const { stdout } = spawnSync('systemd-analyze', ['syscall-filter', group], { encoding: 'utf8' })
  const names = stdout.match(/(?<=^ +)[@\w-]+/gm) ?? []
  return names.flatMap((name) => (name.startsWith('@') ? callsOf(name) : [name]))
}
