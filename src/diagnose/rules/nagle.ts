import type { Finding } from '../../model/finding.ts'
import type { Ledger } from '../../model/ledger.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { endpointText, msText, processOf, weightOf, who } from '../words.ts'

/** How long Linux delays an ACK at the least (TCP_DELACK_MIN), and at the most without a pause. */
const delayedAckNs = { least: 36e6, most: 60e6 }
const leastCount = 5
const leastShare = 0.6

/**
 * Requests that take 40 ms of the wire's time again and again, on a path that is far quicker: the second part of a request
 * waits for the acknowledgement of the first (Nagle), which the peer delays.
 */
export const nagle: Rule = ({ exchanges, edges, namespaces }) => {
  const byOwner = Map.groupBy(
    exchanges.filter(({ span, owner }) => span === 'request' && owner),
    ({ owner, socket }) => `${owner?.pid} ${socket.peer.address} ${socket.peer.port}`,
  )
  const findings = [...byOwner.values()].flatMap((requests): Finding[] => {
    const [first] = requests
    const { owner, socket } = first ?? {}
    if (!owner || !socket) return []
    const delayed = requests.filter(isDelayedAck)
    const edge = edges.find(
      ({ edge: { process, peerAddress, port } }) =>
        process?.pid === owner.pid && peerAddress === socket.peer.address && port === socket.peer.port,
    )
    const isQuickPath = (edge?.minRttUs ?? 0) < 10_000
    const acks = namespaces.reduce(
      (sum, { before, now }) => sum + (before ? now.tcp.delayedAcks - before.tcp.delayedAcks : 0),
      0,
    )
    if (
      delayed.length < leastCount ||
      delayed.length < leastShare * requests.length ||
      !isQuickPath ||
      acks < delayed.length / 2
    )
      return []
    const meanNs = delayed.reduce((sum, { stagesNs }) => sum + stagesNs.wire, 0) / delayed.length
    const to = endpointText(socket.peer)
    return [
      {
        cause: 'nagle-delayed-ack',
        culprit: processOf(owner),
        sentence: `${who(owner)} writes each request to ${to} in small pieces: the second waits ${msText(meanNs)} for the delayed acknowledgement of the first.`,
        sinceNs: first?.timeNs,
        evidence: [
          `${delayed.length} of ${requests.length} slow requests spent 40 to 60 ms on the wire, where a round trip takes ${msText((edge?.minRttUs ?? 0) * 1000)}`,
          `${acks} acknowledgements were sent late (DelayedACKs)`,
        ],
        confidence: 0.9,
        weight: weightOf(meanNs, 20e6),
        confirm: `wirelag trace --ledger --slow 20ms --pid ${owner.pid}`,
        advice: 'Write the request at once (writev, a buffer), or set TCP_NODELAY.',
      },
    ]
  })
  if (findings.length > 0) return { findings, ruledOut: [] }
  return ruledOut('nagle-delayed-ack', 'no requests that take 40 ms of the wire again and again')
}

function isDelayedAck({ stagesNs, wallNs }: Ledger): boolean {
  return stagesNs.wire >= delayedAckNs.least && stagesNs.wire <= delayedAckNs.most && stagesNs.wire > 0.8 * wallNs
}
