import { z } from 'zod'
import { alertGroupings, alertQuantiles, type AlertRule } from '../../model/alert-rule.ts'
import { signalNames } from '../../model/book.ts'
import { stageNames } from '../../model/edge.ts'
import type { IdentityFilter, TextChoice } from '../../model/filter.ts'
import { causes } from '../../model/finding.ts'
import { parseState } from '../../model/socket-state.ts'
import { chosenSchema, isOff, off, refused } from './chosen.ts'
import { durationNs, names, parsed, percentShare } from './values.ts'

function noneOf(words: readonly string[], value: unknown): string {
  return `${typeof value === 'string' ? `'${value}'` : 'what stands there'} is none of ${words.join(', ')}`
}

/** One of so many words; the message names them. */
function oneOf<const T extends string>(words: readonly T[]): z.ZodType<T> {
  return z.enum(words, { error: ({ input }) => noneOf(words, input) })
}

/** One or many of so many words; undefined: `any`. */
function anyOf<const T extends string>(words: readonly T[]): z.ZodType<readonly T[] | undefined> {
  return z.unknown().transform((value, context): readonly T[] | undefined => {
    if (value === 'any') return undefined
    const given = Array.isArray(value) ? (value as unknown[]) : [value]
    const chosen = words.filter((word) => given.includes(word))
    const wrong = given.find((item) => !(words as readonly unknown[]).includes(item))
    if (wrong === undefined && chosen.length > 0) return chosen
    context.addIssue({ code: 'custom', message: noneOf(['any', ...words], wrong) })
    return z.NEVER
  })
}

const choice = names.transform((texts): TextChoice => {
  const isExcluded = (text: string): boolean => text.startsWith('!')
  return {
    include: texts.filter((text) => !isExcluded(text)),
    exclude: texts.filter(isExcluded).map((text) => text.slice(1)),
  }
})

const count = z.int({ error: 'a whole number is wanted' }).min(0, { error: 'a number from 0 on is wanted' })

const share = percentShare.refine((part) => part <= 1, { error: 'at most 100% is wanted' })

const window = durationNs.refine((ns) => ns >= 1e9 && ns <= 24 * 3600e9, { error: '1s to 24h is wanted' })

const common = {
  severity: z.string({ error: 'a text is wanted' }).min(1).default('warning'),
  for: durationNs.optional(),
  resolveAfter: durationNs.optional(),
  resolveBelow: share.default(0.8),
  receivers: names.optional(),
}

const whose = {
  service: choice.optional(),
  container: choice.optional(),
  pod: choice.optional(),
  namespace: choice.optional(),
}

const by = oneOf(alertGroupings).default('service')

const stageRule = z
  .strictObject({
    stage: oneOf(stageNames),
    protocol: oneOf(['tcp', 'udp']).optional(),
    quantile: oneOf(alertQuantiles).default('p95'),
    over: durationNs,
    window: window.default(10e9),
    minCount: count.min(1, { error: 'a number from 1 on is wanted' }).default(1),
    by,
    ...whose,
    ...common,
  })
  .refine(({ stage, protocol }) => protocol !== 'udp' || stage === 'send' || stage === 'pickup', {
    error: 'UDP has only the stages send and pickup',
    path: ['protocol'],
  })

const findingRule = z.strictObject({
  finding: anyOf(causes),
  minConfidence: share.default(0.5),
  ...whose,
  ...common,
})

const state = parsed('a state, as TIME_WAIT,', parseState)

const stateRule = z.strictObject({ state, over: count, by, ...whose, ...common })

const growthRule = z.strictObject({ state, growsBy: count, window: window.default(600e9), by, ...whose, ...common })

const lossRule = z.strictObject({
  lost: anyOf(signalNames),
  over: count.default(0),
  window: window.default(60e9),
  ...common,
})

const conntrackRule = z.strictObject({ conntrack: share, ...common })

type Common = z.infer<z.ZodObject<typeof common>>

/** How long a rule's values have to be good, where the file does not say it. */
const resolveAfterNs = 30e9

function commonOf(name: string, rule: Common, defaultNs: number): Omit<AlertRule, 'kind'> {
  const { severity, resolveBelow: resolveShare, receivers } = rule
  return {
    name,
    severity,
    forNs: rule.for ?? 0,
    resolveAfterNs: rule.resolveAfter ?? defaultNs,
    resolveShare,
    receivers,
  }
}

function whoseOf(rule: z.infer<z.ZodObject<typeof whose>>): IdentityFilter {
  const { service, container, pod, namespace } = rule
  return {
    ...(service ? { service } : {}),
    ...(container ? { container } : {}),
    ...(pod ? { pod } : {}),
    ...(namespace ? { namespace } : {}),
  }
}

/** By the key that says what a rule watches, its schema and what becomes of it. */
const kinds = {
  stage: stageRule.transform((rule) => (name: string): AlertRule => ({
    ...commonOf(name, rule, rule.window),
    kind: 'stage',
    stage: rule.stage,
    protocol: rule.protocol,
    quantile: rule.quantile,
    overNs: rule.over,
    windowNs: rule.window,
    minCount: rule.minCount,
    by: rule.by,
    whose: whoseOf(rule),
  })),
  finding: findingRule.transform((rule) => (name: string): AlertRule => ({
    ...commonOf(name, rule, resolveAfterNs),
    kind: 'finding',
    causes: rule.finding,
    minConfidence: rule.minConfidence,
    whose: whoseOf(rule),
  })),
  growsBy: growthRule.transform((rule) => (name: string): AlertRule => ({
    ...commonOf(name, rule, rule.window),
    kind: 'growth',
    state: rule.state,
    over: rule.growsBy,
    windowNs: rule.window,
    by: rule.by,
    whose: whoseOf(rule),
  })),
  state: stateRule.transform((rule) => (name: string): AlertRule => ({
    ...commonOf(name, rule, resolveAfterNs),
    kind: 'state',
    state: rule.state,
    over: rule.over,
    by: rule.by,
    whose: whoseOf(rule),
  })),
  lost: lossRule.transform((rule) => (name: string): AlertRule => ({
    ...commonOf(name, rule, resolveAfterNs),
    kind: 'loss',
    signals: rule.lost,
    over: rule.over,
    windowNs: rule.window,
  })),
  conntrack: conntrackRule.transform((rule) => (name: string): AlertRule => ({
    ...commonOf(name, rule, resolveAfterNs),
    kind: 'conntrack',
    overShare: rule.conntrack,
  })),
} as const

const builtIn = {
  'send-block': kinds.stage.parse({ stage: 'send', over: '5ms' }),
  findings: kinds.finding.parse({ finding: 'any' }),
}

type MakeRule = (name: string) => AlertRule

/** A rule that wants its name yet; undefined: it is `off`. */
const rule = chosenSchema<MakeRule | undefined>((value) => {
  if (isOff(value)) return off
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const kind = (Object.keys(kinds) as (keyof typeof kinds)[]).find((key) => keys.includes(key))
  return kind ? kinds[kind] : refused('it must be off, or have one of stage, finding, state, lost, conntrack')
})

const maxRules = 50

/** Of any name at most one; those that are built in stay, unless the file has one of their name. */
export const alertRules = z.record(z.string().min(1), rule).transform((written, context): AlertRule[] => {
  const rules = Object.entries({ ...builtIn, ...written }).flatMap(([name, make]) => make?.(name) ?? [])
  if (rules.length > maxRules) context.addIssue({ code: 'custom', message: `more than ${maxRules} rules` })
  return rules
})
