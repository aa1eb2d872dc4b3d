import {
  probePoints,
  signalSpecs,
  type Hook,
  type HookVariant,
  type PointName,
  type ProbePoint,
  type ProbeSignal,
  type SignalSpec,
} from './probe-points.ts'

/** Why a way to watch a point cannot be used, in words for the operator. Key: the variant's first program. */
export type RefusedVariants = ReadonlyMap<string, string>

/** How a point is watched, or why not. */
export type PointChoice =
  | { point: PointName; hook: Hook; programs: readonly string[] }
  | { point: PointName; hook: 'off'; reason: string }

export interface SignalStatus {
  signal: ProbeSignal
  title: string
  status: 'on' | 'degraded' | 'off'
  hooks: Hook[]
  /** Why it is off, or what it does without. */
  reasons: string[]
  /** What cannot be told because of that. */
  lost: string[]
}

export function variantKey(variant: HookVariant): string {
  return variant.programs[0] ?? ''
}

/**
 * The best way that is left to watch each point.
 *
 * @param allowed hooks that may be used at all; undefined: every one
 */
export function choosePoints(
  points: readonly PointName[],
  refused: RefusedVariants,
  allowed: ReadonlySet<Hook> | undefined,
): PointChoice[] {
  return points.map((point) => {
    const spec: ProbePoint = probePoints[point]
    const candidates = spec.variants.filter((variant) => isAllowed(variant, allowed))
    const variant = candidates.find((candidate) => !refused.has(variantKey(candidate)))
    if (variant) return { point, hook: variant.hook, programs: variant.programs }
    const reasons = candidates.map((candidate) => `${candidate.hook}: ${refused.get(variantKey(candidate))}`)
    return { point, hook: 'off', reason: reasons.join('; ') || 'no allowed hook watches it' }
  })
}

/** An iterator reads; it is no hook that could be replaced by another. */
function isAllowed(variant: HookVariant, allowed: ReadonlySet<Hook> | undefined): boolean {
  return !allowed || variant.hook === 'iterator' || allowed.has(variant.hook)
}

/** What the choice means for a signal. */
export function signalStatus(signal: ProbeSignal, choices: readonly PointChoice[]): SignalStatus {
  const spec: SignalSpec = signalSpecs[signal]
  const choiceOf = (point: PointName): PointChoice | undefined => choices.find((choice) => choice.point === point)
  const reasons: string[] = []
  const lost: string[] = []
  for (const point of spec.requires) {
    const choice = choiceOf(point)
    if (choice?.hook === 'off') reasons.push(offReason(choice))
  }
  const isOff = reasons.length > 0
  if (isOff) lost.push(spec.lostWithout)
  for (const [point, loss] of isOff ? [] : (Object.entries(spec.improves) as [PointName, string][])) {
    const choice = choiceOf(point)
    if (choice?.hook !== 'off') continue
    reasons.push(offReason(choice))
    lost.push(loss)
  }
  const used = [...spec.requires, ...(Object.keys(spec.improves) as PointName[])].map(choiceOf)
  const hooks = [...new Set(used.flatMap((choice) => (choice && choice.hook !== 'off' ? [choice.hook] : [])))]
  return {
    signal,
    title: spec.title,
    status: isOff ? 'off' : lost.length > 0 ? 'degraded' : 'on',
    hooks: isOff ? [] : hooks,
    reasons,
    lost: [...new Set(lost)],
  }
}

function offReason(choice: PointChoice & { hook: 'off' }): string {
  return `cannot watch ${probePoints[choice.point].watches} (${choice.reason})`
}
