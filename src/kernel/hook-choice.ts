import {
  probePoints,
  forgettingPoints,
  recordPoints,
  statePoints,
  type Hook,
  type HookVariant,
  type PointName,
  type ProbePoint,
} from './probe-points.ts'
import { pointsOf, signalSpecs, type ProbeSignal, type SignalSpec } from './probe-signals.ts'

/** Why a way to watch a point cannot be used, in words for the operator. Key: the variant's first program. */
export type RefusedVariants = ReadonlyMap<string, string>

/** How a point is watched, or why not. `server`: the point whose programs do so. */
export type PointChoice =
  | { point: PointName; hook: Hook; programs: readonly string[]; loses: string | undefined; server?: PointName }
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
    const chosen = candidates.find((candidate) => !refused.has(variantKey(candidate)))
    if (chosen) return { point, hook: chosen.hook, programs: chosen.programs, loses: chosen.loses }
    const reasons = candidates.map((candidate) => `${candidate.hook}: ${refused.get(variantKey(candidate))}`)
    return { point, hook: 'off', reason: [...new Set(reasons)].join('; ') || 'no allowed hook watches it' }
  })
}

/** An iterator reads; it is no hook that could be replaced by another. */
function isAllowed(variant: HookVariant, allowed: ReadonlySet<Hook> | undefined): boolean {
  return !allowed || variant.hook === 'iterator' || allowed.has(variant.hook)
}

/**
 * Whether the state of sockets must be kept in a hash: sk_storage wants programs that know the socket's type, and a
 * kernel that lets tracing programs use it (5.11).
 *
 * @param keepsRecord whether ledgers or the last events of each socket are kept with it
 */
export function keepsStateInHash(
  choices: readonly PointChoice[],
  hasTracingStorage: boolean,
  keepsRecord = false,
): boolean {
  const points = keepsRecord ? [...statePoints, ...recordPoints] : statePoints
  return !hasTracingStorage || choices.some(({ point, hook }) => points.includes(point) && hook === 'kprobe')
}

/** The choices without the points that only a hash must be told of. */
export function withoutForgetting(choices: readonly PointChoice[]): PointChoice[] {
  return choices.filter(({ point }) => !forgettingPoints.includes(point))
}

/** The choices without those that nothing needs: points of signals that are off for want of another point. */
export function neededChoices(choices: readonly PointChoice[], statuses: readonly SignalStatus[]): PointChoice[] {
  const needed = new Set(pointsOf(statuses.flatMap(({ signal, status }) => (status === 'off' ? [] : signal))))
  return choices.filter(({ point }) => needed.has(point)).map((choice) => served(choice, choices, needed))
}

/** The choice without programs of its own, where another point's do its work. */
function served(choice: PointChoice, choices: readonly PointChoice[], needed: ReadonlySet<PointName>): PointChoice {
  const { servedBy = [] }: ProbePoint = probePoints[choice.point]
  const server = choices
    .filter(isOn)
    .find(({ point, programs }) => needed.has(point) && programs.some((program) => servedBy.includes(program)))
  if (!server) return choice
  return { point: choice.point, hook: server.hook, programs: [], loses: undefined, server: server.point }
}

/** Whether another point's programs watch this one. */
export function isServed(choices: readonly PointChoice[], point: PointName): boolean {
  return choices.some((choice) => choice.point === point && isOn(choice) && choice.server !== undefined)
}

/** The programs that signals with these statuses need, those that serve others included. */
export function neededPrograms(choices: readonly PointChoice[], statuses: readonly SignalStatus[]): Set<string> {
  const on = statuses.flatMap(({ signal, status }) => (status === 'off' ? [] : signal))
  const points = new Set(pointsOf(on))
  for (const signal of on) {
    for (const point of signalSpecs[signal].requires) {
      const choice = choices.find((candidate) => candidate.point === point)
      if (choice && isOn(choice) && choice.server) points.add(choice.server)
    }
  }
  return new Set(choices.filter(isOn).flatMap(({ point, programs }) => (points.has(point) ? programs : [])))
}

/** The statuses once a signal is given up, and with it what its programs did for others that can do without. */
export function withoutSignal(
  statuses: readonly SignalStatus[],
  signal: ProbeSignal,
  reason: string,
  choices: readonly PointChoice[],
): SignalStatus[] {
  const left = statuses.map((status): SignalStatus =>
    status.signal === signal
      ? { ...status, status: 'off', reasons: [reason], lost: [signalSpecs[signal].lostWithout] }
      : status,
  )
  const programs = neededPrograms(choices, left)
  const areGone = (point: PointName | undefined): boolean =>
    choices.some(
      (choice) => choice.point === point && isOn(choice) && choice.programs.every((name) => !programs.has(name)),
    )
  return left.map((status) => {
    const { improves }: SignalSpec = signalSpecs[status.signal]
    const lost = choices.flatMap((choice) => (isOn(choice) && areGone(choice.server) && improves[choice.point]) || [])
    if (status.status === 'off' || lost.length === 0) return status
    return { ...status, status: 'degraded', lost: [...new Set([...status.lost, ...lost])] }
  })
}

/** What the choice means for a signal. */
export function signalStatus(signal: ProbeSignal, choices: readonly PointChoice[]): SignalStatus {
  const spec: SignalSpec = signalSpecs[signal]
  const improves = Object.entries(spec.improves) as [PointName, string][]
  const chosenFor = (points: readonly PointName[]): PointChoice[] =>
    choices.filter(({ point }) => points.includes(point))
  const required = chosenFor(spec.requires)
  const missing = required.filter(isOff)
  if (missing.length > 0) {
    const reasons = missing.map(offReason)
    return { signal, title: spec.title, status: 'off', hooks: [], reasons, lost: [spec.lostWithout] }
  }
  const improving = chosenFor(improves.map(([point]) => point))
  const lacking = improving.filter(isOff)
  const used = [...required, ...improving].filter(isOn)
  const lost = [
    ...used.flatMap(({ loses }) => loses ?? []),
    ...lacking.flatMap(({ point }) => spec.improves[point] ?? []),
  ]
  return {
    signal,
    title: spec.title,
    status: lost.length > 0 ? 'degraded' : 'on',
    hooks: [...new Set(used.map(({ hook }) => hook))],
    reasons: lacking.map(offReason),
    lost: [...new Set(lost)],
  }
}

type OffChoice = Extract<PointChoice, { hook: 'off' }>
type OnChoice = Exclude<PointChoice, OffChoice>

function isOff(choice: PointChoice): choice is OffChoice {
  return choice.hook === 'off'
}

function isOn(choice: PointChoice): choice is OnChoice {
  return choice.hook !== 'off'
}

function offReason(choice: OffChoice): string {
  return `cannot watch ${probePoints[choice.point].watches} (${choice.reason})`
}
