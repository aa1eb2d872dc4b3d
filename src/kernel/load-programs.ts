import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { OperatorError } from '../lib/operator-error.ts'
import { wireLayout } from '../wire/wire.gen.ts'
import { checkLayout } from './layout-check.ts'
import {
  choosePoints,
  isServed,
  keepsStateInHash,
  neededChoices,
  signalStatus,
  variantKey,
  withoutForgetting,
  type PointChoice,
  type SignalStatus,
} from './hook-choice.ts'
import { lockdown, ownRights } from './host-kernel.ts'
import { bpfObjectFile, native, type NativeBpfObject, type NativeError } from './native.ts'
import { probePoints, type Hook, type HookVariant, type PointName, type ProbePoint } from './probe-points.ts'
import { pointsOf, type ProbeSignal } from './probe-signals.ts'

const noPermission = 'not permitted on this host'
const notHere = 'this kernel does not have it'

export interface LoadedPrograms {
  object: NativeBpfObject
  signals: SignalStatus[]
  /** What is attached, and what could not be but would have been of use. */
  choices: PointChoice[]
}

/** What of the configuration follows from the kernel and the chosen hooks. */
export interface Circumstances {
  hasRdonlyCast: boolean
  hasCookie: boolean
  isStateInHash: boolean
  /** The pickup programs look for the first use of accepted sockets. */
  isFirstUseSeenAtRead: boolean
  /** They see datagrams that are queued, too. */
  areDatagramsSeenAtQueued: boolean
}

/** Of an object that may be loaded several times, until every program of it is taken. */
export interface LoadingSteps {
  /** It is opened: maps get their sizes, variables their values. */
  configure: (object: NativeBpfObject, circumstances: Circumstances) => void
  /** It is loaded, and nothing is attached yet: maps are filled that programs take from. */
  fill: (object: NativeBpfObject) => void
}

/**
 * Loads and attaches the best programs for these signals that this kernel takes. Each way to watch a point may fail
 * alone: it is left out, with the reason, and the next is tried.
 *
 * libbpf loads an object whole or not at all, so after a failure it is opened afresh without the variant that failed.
 *
 * @param isSparing whether to do without what burdens others
 * @param keepsRecord whether ledgers or the last events of each socket are kept
 * @param steps what is done to the object on the way
 * @throws OperatorError where nothing can be loaded at all: no rights, no BTF
 */
export function loadPrograms(
  wanted: readonly ProbeSignal[],
  isSparing: boolean,
  keepsRecord: boolean,
  steps: LoadingSteps,
): LoadedPrograms {
  checkLayout(wireLayout, (name) => native().structLayout(bpfObjectFile, name))
  const points = pointsOf(wanted).filter(isHere)
  const allowed = allowedHooks(process.env['WIRELAG_HOOKS'])
  const refused = new Map([...ruledOut(points), ...(isSparing ? burdensome(points) : [])])
  let areKindsTried = false
  const hasTracingStorage = kernelHas('function', 'bpf_sk_storage_get_tracing')
  for (;;) {
    const all = choosePoints(points, refused, allowed)
    if (!areKindsTried && all.some(({ hook }) => hook === 'fentry' || hook === 'kprobe')) {
      areKindsTried = true
      for (const [key, reason] of refusedKinds()) refused.set(key, refused.get(key) ?? reason)
      continue
    }
    const isStateInHash = keepsStateInHash(all, hasTracingStorage, keepsRecord)
    const candidates = isStateInHash ? all : withoutForgetting(all)
    const signals = wanted.map((signal) => signalStatus(signal, candidates))
    const choices = neededChoices(candidates, signals)
    const object = openObject()
    try {
      steps.configure(object, {
        hasRdonlyCast: kernelHas('function', 'bpf_rdonly_cast'),
        hasCookie: kernelHas('function', 'bpf_get_socket_ptr_cookie'),
        isStateInHash,
        isFirstUseSeenAtRead: isServed(choices, 'acceptFirstUse'),
        areDatagramsSeenAtQueued: isServed(choices, 'datagramQueued'),
      })
      const failure = tryPrograms(object, choices, steps)
      if (!failure) return { object, signals, choices }
      refused.set(failure.key, failure.reason)
    } catch (error) {
      object.close()
      throw error
    }
    object.close()
  }
}

/**
 * Loads iterator programs alone, without a map but those of their variables.
 *
 * @param configure sets variables of the opened object
 * @throws OperatorError where they cannot be loaded: no rights, no BTF
 */
export function loadIterators(
  programs: readonly string[],
  configure: (object: NativeBpfObject, circumstances: Pick<Circumstances, 'hasCookie'>) => void,
): NativeBpfObject {
  checkLayout(wireLayout, (name) => native().structLayout(bpfObjectFile, name))
  const hasCookie = kernelHas('function', 'bpf_get_socket_ptr_cookie')
  const object = openObject()
  try {
    // A map of variables is named for its section, which begins with a dot.
    for (const { name } of object.maps()) object.setMapAutocreate(name, name.includes('.'))
    for (const { name } of object.programs()) object.setAutoload(name, programs.includes(name))
    configure(object, { hasCookie })
    object.load()
    return object
  } catch (error) {
    object.close()
    if (error instanceof OperatorError) throw error
    throw cannotLoad(error as NativeError)
  }
}

/** Every kernel that wirelag runs on has it, and calls it. */
const anyFunction = 'tcp_rcv_space_adjust'

/**
 * The variants of those kinds of hook that this host has not at all, with the reason. To find out one by one, with all
 * programs loaded each time, would take a second.
 */
function refusedKinds(): [string, string][] {
  const error = native().fentryError(anyFunction)
  const hasKprobes =
    existsSync('/sys/bus/event_source/devices/kprobe') ||
    native().readKernelFile('tracefs', 'kprobe_events') !== undefined
  const reasons: Partial<Record<Hook, string>> = {
    ...(error === constants.errno.EPERM ? { fentry: noPermission } : {}),
    ...(hasKprobes ? {} : { kprobe: notHere }),
  }
  return allVariants.flatMap((variant): [string, string][] => {
    const reason = reasons[variant.hook]
    return reason === undefined ? [] : [[variantKey(variant), reason]]
  })
}

function isHere(point: PointName): boolean {
  const { onlyWith }: ProbePoint = probePoints[point]
  return onlyWith === undefined || kernelHas('function', onlyWith)
}

function openObject(): NativeBpfObject {
  try {
    return new (native().BpfObject)(bpfObjectFile)
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause
    throw new OperatorError('WIRELAG_NOT_BUILT', 'the BPF programs of wirelag are not built', {
      advice: 'In the checkout: sudo npm run setup',
      cause,
    })
  }
}

/** The words of WIRELAG_HOOKS, by which a kind of hook is forced, and the hooks of each. */
const hookFamilies: Record<string, Hook[]> = {
  tracepoint: ['tp_btf', 'tracepoint'],
  fentry: ['fentry'],
  kprobe: ['kprobe'],
}

function allowedHooks(text: string | undefined): Set<Hook> | undefined {
  if (!text) return undefined
  const hooks = text.split(',').map((name) => {
    const family = hookFamilies[name.trim()]
    if (!family)
      throw new OperatorError('WIRELAG_USAGE', `WIRELAG_HOOKS has no hook '${name}'`, {
        advice: `One or more of: ${Object.keys(hookFamilies).join(', ')}`,
        exitCode: 2,
      })
    return family
  })
  return new Set(hooks.flat())
}

/** Variants that this kernel's BTF rules out, with the reason. */
function ruledOut(points: readonly PointName[]): [string, string][] {
  return points.flatMap((point) =>
    (probePoints[point] as ProbePoint).variants.flatMap((variant): [string, string][] => {
      const { tracepoints = [], enums = [] } = variant
      const tracepoint = tracepoints.find((name) => !kernelHas('typedef', `btf_trace_${name}`))
      if (tracepoint !== undefined) return [[variantKey(variant), `this kernel has no tracepoint ${tracepoint}`]]
      const type = enums.find((name) => !kernelHas('enum', name))
      return type === undefined ? [] : [[variantKey(variant), `this kernel has no ${type}`]]
    }),
  )
}

/** Variants that burden those who have no part in it, with the reason. */
function burdensome(points: readonly PointName[]): [string, string][] {
  const variants = points.flatMap((point) => (probePoints[point] as ProbePoint).variants)
  return variants.flatMap((variant): [string, string][] =>
    variant.burden === undefined ? [] : [[variantKey(variant), variant.burden]],
  )
}

function kernelHas(kind: 'function' | 'typedef' | 'enum', name: string): boolean {
  try {
    return native().kernelHas(kind, name)
  } catch (cause) {
    throw new OperatorError('WIRELAG_NO_BTF', 'this kernel has no type information (BTF), which wirelag reads it by', {
      advice:
        'It needs a kernel built with CONFIG_DEBUG_INFO_BTF (/sys/kernel/btf/vmlinux), as distributions have since 2021.',
      cause,
    })
  }
}

interface Failure {
  /** Of the variant that need not be tried again. */
  key: string
  reason: string
}

/** @returns the first variant that does not load or attach, or undefined when all do */
function tryPrograms(
  object: NativeBpfObject,
  choices: readonly PointChoice[],
  { fill }: LoadingSteps,
): Failure | undefined {
  const wanted = choices.filter((choice) => choice.hook !== 'off')
  const programs = new Set(wanted.flatMap((choice) => choice.programs))
  const spoilt = spoiltPrograms(process.env['WIRELAG_SPOIL'])
  for (const { name } of object.programs()) {
    object.setAutoload(name, programs.has(name))
    if (spoilt.load.has(name)) object.spoil(name)
  }
  try {
    object.load()
  } catch (error) {
    return loadFailure(error as NativeError)
  }
  fill(object)
  for (const choice of wanted) {
    if (choice.hook === 'iterator') continue
    for (const program of choice.programs) {
      try {
        if (spoilt.attach.has(program)) throw Object.assign(new Error('spoilt'), { code: 'EPERM' })
        object.attach(program)
      } catch (error) {
        return { key: choice.programs[0] ?? '', reason: refusal(error as NativeError) }
      }
    }
  }
  return undefined
}

/** WIRELAG_SPOIL=load:PROGRAM,attach:PROGRAM makes programs fail, to see that the others do without them. */
function spoiltPrograms(text = ''): { load: Set<string>; attach: Set<string> } {
  const items = text.split(',').map((item) => item.split(':'))
  const namesOf = (stage: string): Set<string> =>
    new Set(items.flatMap(([of, name]) => (of === stage && name !== undefined ? [name] : [])))
  return { load: namesOf('load'), attach: namesOf('attach') }
}

function loadFailure(error: NativeError): Failure {
  if (lockdown() === 'confidentiality')
    throw new OperatorError(
      'WIRELAG_LOCKED_DOWN',
      'this kernel is locked down (confidentiality): programs may not read its memory',
      { advice: 'It must be booted with lockdown=integrity, or without lockdown.', cause: error },
    )
  const program = /prog '([^']+)': failed to|prog '([^']+)': BPF program load failed/.exec(error.log ?? '')
  const name = program?.[1] ?? program?.[2]
  const variant = name === undefined ? undefined : variantOf(name)
  if (!variant || isRightsProblem(error)) throw cannotLoad(error)
  return { key: variantKey(variant), reason: refusal(error) }
}

const allVariants = Object.values(probePoints).flatMap((point: ProbePoint) => point.variants)

function variantOf(program: string): HookVariant | undefined {
  return allVariants.find((variant) => variant.programs.includes(program))
}

/** With the rights, EPERM is about one kind of hook, which this host forbids. */
function isRightsProblem(error: NativeError): boolean {
  return error.code === 'EPERM' && ownRights().missing.length > 0
}

/** One line of why, the verifier's last words where it was the verifier. */
function refusal(error: NativeError): string {
  switch (error.code) {
    case 'EPERM':
      return noPermission
    case 'ENOENT':
    case 'ESRCH':
      return notHere
    default:
      return `${error.message}${lastWords(error.log)}`
  }
}

function lastWords(log: string | undefined): string {
  const lines = (log ?? '').split('\n').map((line) => line.trim())
  const end = lines.findIndex((line) => line.startsWith('processed ') || line.startsWith('-- END'))
  const words = lines.slice(0, end < 0 ? 0 : end).findLast((line) => line !== '' && !/^\d+:/.test(line))
  return words === undefined ? '' : ` (${words.slice(0, 200)})`
}

function cannotLoad(error: NativeError): OperatorError {
  if (error.code === 'EPERM' || error.code === 'EACCES') {
    return new OperatorError('WIRELAG_NO_RIGHTS', 'the kernel does not let this user load BPF programs', {
      advice: 'Run it as root (sudo wirelag …), or with the capabilities CAP_BPF and CAP_PERFMON.',
      cause: error,
    })
  }
  const words = (error.log ?? '').trim().split('\n').at(-1) ?? ''
  return new OperatorError('WIRELAG_CANNOT_LOAD', `the BPF programs do not load: ${error.message}. ${words}`, {
    advice: 'See wirelag doctor.',
    cause: error,
  })
}
