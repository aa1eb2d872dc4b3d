import type { ServiceRule } from '../../identity/identities.ts'
import { serviceRules } from '../../identity/service-rules.ts'

/**
 * What the file of `--config` calls services; undefined without one. What reads it is loaded only then.
 *
 * @throws OperatorError, with file, line and key
 */
export async function serviceRuleOf({ config }: { config?: string }): Promise<ServiceRule | undefined> {
  if (config === undefined) return undefined
  const { readConfig } = await import('../../config/config.ts')
  return serviceRules(readConfig(config).services ?? {})
}
