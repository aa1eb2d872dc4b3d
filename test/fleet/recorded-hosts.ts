import { LogLinearHistogram } from '../../src/histogram/log-linear-histogram.ts'
import type { Finding } from '../../src/model/finding.ts'
import type { StoredRecord } from '../../src/model/record.ts'
import { recordsOf } from '../../src/store/observation-records.ts'
import { activityOf, namespaceOf, owner, stepOf } from '../../src/store/step-examples.ts'

interface RecordedExample {
  name: string
  timeWait?: number
  sendNs?: number
  listenOverflows?: number
  lost?: number
  finding?: true
}

const stepMs = 10_000
const steps = 6
/** The last step has just ended. */
const endUnixMs = Date.now() - 1000

const finding: Finding = {
  cause: 'slow-accept',
  culprit: undefined,
  sentence: 'it accepts slowly',
  sinceNs: undefined,
  evidence: [],
  confidence: 1,
  weight: 1,
  confirm: '',
  advice: '',
}

/** Steps of a host whose `web` sends and keeps sockets, the last of which ended some time ago. */
function recordsOfHost(example: RecordedExample, agoMs = 0): StoredRecord[] {
  const { name, timeWait = 410, sendNs = 2e6, listenOverflows = 0, lost = 0 } = example
  return Array.from({ length: steps }, (_, i) => {
    const activity = activityOf(1000, [])
    activity.stages.send = new LogLinearHistogram()
    for (let call = 0; call < 10; call++) activity.stages.send.record(sendNs)
    const states = [{ state: 'TIME_WAIT', owner, netns: 1, peer: undefined, before: 0, now: timeWait + i - steps + 1 }]
    const namespaces = [
      { before: namespaceOf({ listenOverflows: 100 }), now: namespaceOf({ listenOverflows: 100 + listenOverflows }) },
    ]
    return recordsOf(
      stepOf(
        { edges: [activity], states, namespaces },
        {
          host: name,
          startUnixMs: endUnixMs - agoMs - (steps - i) * stepMs,
          diagnosis: { findings: example.finding ? [finding] : [], ruledOut: [], unjudged: [] },
          books: [{ signal: 'pickup', attempted: 100 + lost, delivered: 100, lost, filtered: 0, invalid: 0 }],
        },
      ),
    )
  }).flat()
}

/** By host: seven that record, of which four are out of line, and one that has stopped ten minutes ago. */
export function recordsOfFleet(): Map<string, StoredRecord[]> {
  const records = [
    ...['edge-01', 'edge-02', 'edge-03'].flatMap((name) => recordsOfHost({ name })),
    ...recordsOfHost({ name: 'edge-04', finding: true }),
    ...recordsOfHost({ name: 'edge-05', listenOverflows: 20, lost: 600 }),
    ...recordsOfHost({ name: 'edge-06', sendNs: 80e6 }),
    ...recordsOfHost({ name: 'edge-07', timeWait: 23_014 }),
    ...recordsOfHost({ name: 'edge-08' }, 600_000),
  ]
  return Map.groupBy(records, ({ host }) => host)
}
