import type { AlertGrouping, AlertSubject } from '../model/alert-rule.ts'
import { containerText, serviceAlone, type Identity } from '../model/container.ts'

/** A subject of which nothing was read yet. */
export type NamedSubject = Omit<AlertSubject, 'detail'>

/** Whose something is: of a process that nobody has looked up the service is its comm. */
export function identityOf(process: { identity?: Identity; comm: string } | undefined): Identity | undefined {
  return process && (process.identity ?? serviceAlone(process.comm))
}

/**
 * What an alert of somebody's is about; undefined by container for who is in none.
 *
 * @param nobody what stands for a service that is not known
 * @param labels further ones, by which subjects differ as well
 */
export function subjectOf(
  by: AlertGrouping,
  identity: Identity | undefined,
  { nobody, labels }: { nobody: string; labels: Readonly<Record<string, string>> },
): NamedSubject | undefined {
  if (by === 'host') return named('this host', labels)
  const container = identity?.container
  const namespace = container?.pod?.namespace
  const service = { service: identity?.service ?? nobody, ...(namespace === undefined ? {} : { namespace }) }
  if (by === 'service') return named(service.service, { ...service, ...labels })
  if (!container) return undefined
  return named(containerText(container), { ...service, ...containerLabels(identity), ...labels })
}

/** Of a finding: its service and its container. */
export function culpritLabels(identity: Identity | undefined): Record<string, string> {
  return identity ? { service: identity.service, ...containerLabels(identity) } : {}
}

function containerLabels(identity: Identity | undefined): Record<string, string> {
  const container = identity?.container
  if (!container) return {}
  const { name, namespace } = container.pod ?? {}
  return {
    container: containerText({ ...container, pod: undefined }),
    ...(name === undefined ? {} : { pod: name }),
    ...(namespace === undefined ? {} : { namespace }),
  }
}

export function named(name: string, labels: Readonly<Record<string, string>>): NamedSubject {
  return { key: JSON.stringify(Object.entries(labels)), name, labels }
}
