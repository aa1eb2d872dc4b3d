import { deployText } from './deploy-files.ts'

export const unitFile = 'systemd/wirelag.service'

/** The words of a setting of the unit; none where it is not set. */
export function unitSetting(name: string): string[] {
  const line = deployText(unitFile)
    .split('\n')
    .find((text) => text.startsWith(`${name}=`))
  return line?.slice(name.length + 1).split(' ') ?? []
}

/** The only capabilities that the agent may have: `CAP_SYS_ADMIN`. */
export function unitCapabilities(): string[] {
  return unitSetting('CapabilityBoundingSet')
}
