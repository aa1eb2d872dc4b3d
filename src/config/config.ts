import { z } from 'zod'
import { alerts } from './sections/alerts.ts'
import { fleet } from './sections/fleet.ts'
import { http } from './sections/http.ts'
import { listen } from './sections/listen.ts'
import { metrics } from './sections/metrics.ts'
import { otlp } from './sections/otlp.ts'
import { recorder } from './sections/recorder.ts'
import { services } from './sections/services.ts'
import { durationNs, percentShare } from './sections/values.ts'
import { readYaml } from './yaml-file.ts'

const config = z.strictObject({
  services: services.optional(),
  /** What this host is called in the history and by those who get its numbers. */
  host: z.string().min(1).optional(),
  /** What takes longer is an incident. */
  slow: durationNs.optional(),
  /** Of one CPU; beyond it signals are given up. */
  cpuBudget: percentShare.optional(),
  recorder: recorder.optional(),
  alerts: alerts.optional(),
  fleet: fleet.optional(),
  http: http.optional(),
  otlp: otlp.optional(),
  listen: listen.optional(),
  metrics: metrics.optional(),
})

/** The file that tells wirelag what it cannot know, and the agent what to do. */
export type Config = z.infer<typeof config>

export type { ServicePatterns } from './sections/services.ts'

/** @throws OperatorError, with file, line and key, for a file that is not as docs/config.md says */
export function readConfig(file: string): Config {
  return readYaml(file, config)
}
