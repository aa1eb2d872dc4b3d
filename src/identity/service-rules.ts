import type { ServicePatterns } from '../config/config.ts'
import type { ServiceRule } from './identities.ts'
import { matches } from '../model/text-choice.ts'

/** The user's names of services: the first whose patterns fit counts. */
export function serviceRules(services: Readonly<Record<string, ServicePatterns>>): ServiceRule {
  const rules = Object.entries(services)
  return ({ comm, container, port }) => {
    const names = [container?.name, container?.id, container?.id?.slice(0, 12)]
    const fits = ({ comm: comms, port: ports, container: containers }: ServicePatterns): boolean =>
      (!comms || comms.some((pattern) => matches(pattern, comm))) &&
      (!ports || ports.some(({ low, high }) => port !== undefined && port >= low && port <= high)) &&
      (!containers || containers.some((pattern) => names.some((name) => name !== undefined && matches(pattern, name))))
    return rules.find(([, patterns]) => fits(patterns))?.[0]
  }
}
