import { passesIdentity } from '../identity/identity-filter.ts'
import type { Identity } from '../model/container.ts'
import type { Filter, IdentityFilter } from '../model/filter.ts'
import type { HostIdentities } from './host-identities.ts'

/** How often it is looked whether a container goes by another name now. */
const reviewMs = 1000

/**
 * Tells the kernel which cgroups nobody wants, as they come, go and are renamed. Cgroups of which that is not certain, as
 * a service may be any process's, are left to a look at each task.
 */
export class CgroupFilter {
  readonly #filter: IdentityFilter
  readonly #identities: HostIdentities
  readonly #setUnwanted: (cgroupId: number, isUnwanted: boolean) => void
  readonly #hasServiceRules: boolean
  /** Those that there are: whether they are unwanted. */
  readonly #cgroups = new Map<number, boolean>()
  readonly #timer: NodeJS.Timeout

  constructor(parts: {
    filter: IdentityFilter
    identities: HostIdentities
    setUnwanted: (cgroupId: number, isUnwanted: boolean) => void
    /** Whether the user says what services are: then it may depend on the process. */
    hasServiceRules: boolean
  }) {
    this.#filter = parts.filter
    this.#identities = parts.identities
    this.#setUnwanted = parts.setUnwanted
    this.#hasServiceRules = parts.hasServiceRules
    this.#timer = setInterval(() => {
      for (const id of this.#cgroups.keys()) this.#judge(id)
    }, reviewMs)
    this.#timer.unref()
  }

  add(cgroupId: number): void {
    this.#cgroups.set(cgroupId, false)
    this.#judge(cgroupId)
  }

  remove(cgroupId: number): void {
    if (this.#cgroups.get(cgroupId)) this.#setUnwanted(cgroupId, false)
    this.#cgroups.delete(cgroupId)
  }

  #judge(cgroupId: number): void {
    const isUnwanted = !this.#mayPass(this.#identities.ofCgroup(cgroupId))
    if (isUnwanted === this.#cgroups.get(cgroupId)) return
    this.#cgroups.set(cgroupId, isUnwanted)
    this.#setUnwanted(cgroupId, isUnwanted)
  }

  #mayPass(identity: Identity): boolean {
    const { service, ...others }: Filter = this.#filter
    const isServiceCertain = identity.service !== '' && !this.#hasServiceRules
    // A container without a name may be given one in a moment.
    if (identity.container && identity.container.name === undefined) return true
    return passesIdentity(isServiceCertain && service ? { ...others, service } : others, identity)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
