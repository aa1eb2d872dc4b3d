import type { Identity } from '../model/container.ts'
import type { IdentityFilter } from '../model/filter.ts'
import { passesText } from '../model/text-choice.ts'

/** Whether somebody is looked for; nobody known passes only where nothing is asked for, or something is only excluded. */
export function passesIdentity(filter: IdentityFilter, identity: Identity | undefined): boolean {
  const container = identity?.container
  return (
    passesText(filter.container, [container?.name, container?.id, container?.id?.slice(0, 12)]) &&
    passesText(filter.pod, [container?.pod?.name]) &&
    passesText(filter.namespace, [container?.pod?.namespace]) &&
    passesText(filter.service, [identity?.service])
  )
}
