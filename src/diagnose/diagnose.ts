import type { Cause, Diagnosis, Finding } from '../model/finding.ts'
import type { Observation, UnseenSignal } from '../model/observation.ts'
import type { Rule } from './rule.ts'
import { acceptQueueOverflow } from './rules/accept-queue-overflow.ts'
import { blockedSender } from './rules/blocked-sender.ts'
import { closeWaitLeak } from './rules/close-wait-leak.ts'
import { connectionRefused } from './rules/connection-refused.ts'
import { conntrackFull } from './rules/conntrack-full.ts'
import { cpuStarvation } from './rules/cpu-starvation.ts'
import { diskFull } from './rules/disk-full.ts'
import { memoryPressure } from './rules/memory-pressure.ts'
import { nagleDelayedAck } from './rules/nagle-delayed-ack.ts'
import { noPooling } from './rules/no-pooling.ts'
import { packetLoss } from './rules/packet-loss.ts'
import { pathQueueing } from './rules/path-queueing.ts'
import { periodicSpike } from './rules/periodic-spike.ts'
import { portExhaustion } from './rules/port-exhaustion.ts'
import { slowAccept } from './rules/slow-accept.ts'
import { slowReader } from './rules/slow-reader.ts'
import { synFiltered } from './rules/syn-filtered.ts'
import { synFlood } from './rules/syn-flood.ts'
import { timeWaitStorm } from './rules/time-wait-storm.ts'

/** Every rule, in the order in which a connection goes its way. */
const rules: readonly Rule[] = [
  connectionRefused,
  synFiltered,
  portExhaustion,
  conntrackFull,
  acceptQueueOverflow,
  slowAccept,
  packetLoss,
  pathQueueing,
  blockedSender,
  nagleDelayedAck,
  slowReader,
  noPooling,
  closeWaitLeak,
  timeWaitStorm,
  synFlood,
  periodicSpike,
  cpuStarvation,
  memoryPressure,
  diskFull,
]

/** What a cause brings with it: findings that it explains weigh less where it is found. */
const brings: Partial<Record<Cause, readonly Cause[]>> = {
  'conntrack-full': ['syn-filtered', 'packet-loss', 'local-drop'],
  'accept-queue-overflow': [
    'slow-accept',
    'syn-filtered',
    'packet-loss',
    'slow-reader-asleep',
    'syn-flood',
    'local-drop',
  ],
  'slow-accept': ['slow-reader-asleep'],
  'slow-reader-busy': ['zero-window'],
  'slow-reader-asleep': ['zero-window'],
  'slow-reader-no-cpu': ['zero-window'],
  'slow-reader-throttled': ['zero-window'],
  'cpu-starvation': [
    'slow-reader-no-cpu',
    'slow-reader-asleep',
    'slow-reader-busy',
    'slow-accept',
    'zero-window',
    'path-queueing',
  ],
  'memory-pressure': ['slow-reader-asleep', 'slow-reader-no-cpu', 'slow-accept', 'zero-window'],
  'disk-full': ['slow-reader-asleep'],
  'packet-loss': ['send-buffer-small', 'zero-window'],
  'local-drop': ['packet-loss', 'syn-filtered', 'send-buffer-small', 'path-queueing'],
  'path-queueing': ['packet-loss', 'send-buffer-small', 'zero-window'],
  'port-exhaustion': ['time-wait-storm', 'no-pooling'],
  'time-wait-storm': ['no-pooling'],
  'nagle-delayed-ack': ['path-queueing'],
  'syn-flood': ['syn-filtered', 'packet-loss'],
  'periodic-spike': [
    'zero-window',
    'send-buffer-small',
    'path-queueing',
    'packet-loss',
    'local-drop',
    'slow-reader-asleep',
    'slow-reader-no-cpu',
    'cpu-starvation',
  ],
}

const explainedWeight = 0.25

/** Signals without which a cause cannot be ruled out. */
const needs: Partial<Record<Cause, readonly string[]>> = {
  'slow-reader-asleep': ['pickup'],
  'slow-accept': ['accept'],
  'syn-filtered': ['retransmit'],
  'connection-refused': ['connect'],
  'packet-loss': ['retransmit'],
  'local-drop': ['drop'],
  'zero-window': ['send'],
  'nagle-delayed-ack': ['pickup', 'send'],
  'path-queueing': ['send'],
  'port-exhaustion': ['connect'],
  'no-pooling': ['connect', 'close'],
  'periodic-spike': ['pickup', 'send'],
}

/** What is the matter with what was seen, the weightiest first; and what is not. */
export function diagnose(observation: Observation): Diagnosis {
  const judgements = rules.map((rule) => rule(observation))
  const findings = judgements.flatMap((judgement) => judgement.findings)
  const found = new Set(findings.map(({ cause }) => cause))
  const explained = new Set([...found].flatMap((cause) => brings[cause] ?? []))
  const rankOf = ({ cause, weight, confidence }: Finding): number =>
    weight * confidence * (explained.has(cause) ? explainedWeight : 1)
  const lacking = (cause: Cause): UnseenSignal | undefined =>
    observation.unseen.find(({ signal }) => needs[cause]?.includes(signal))
  const ruledOut = judgements.flatMap((judgement) => judgement.ruledOut).filter(({ cause }) => !found.has(cause))
  return {
    findings: findings.toSorted((a, b) => rankOf(b) - rankOf(a)),
    ruledOut: ruledOut.filter(({ cause }) => !lacking(cause)),
    unjudged: ruledOut.flatMap(({ cause }) => {
      const signal = lacking(cause)
      return signal ? { cause, sentence: `this kernel does not show ${signal.title} (wirelag doctor)` } : []
    }),
  }
}
