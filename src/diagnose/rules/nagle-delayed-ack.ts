import type { Finding } from '../../model/finding.ts'
import type { Ledger } from '../../model/ledger.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { endpointText, msText, processOf, weightOf, who } from '../words.ts'

/** How long Linux delays an ACK at the least (TCP_DELACK_MIN), and at the most without a pause. */
const delayedAckNs = { least: 36e6, most: 60e6 }
const leastCount = 5
const leastShare = 0.6
/** Of each request. */
const leastSends = 1.8
const quickPathUs = 10_000
const lateAckUs = 10_000

/**
 * Requests that take 40 ms of the wire's time again and again, on a path that is far quicker: the second part of a request
 * waits for the acknowledgement of the first (Nagle), which the peer delays.
 */
export const nagleDelayedAck: Rule = ({ exchanges, edges, namespaces }) => {
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
    if (!edge || delayed.length < leastCount || delayed.length < leastShare * requests.length) return []
    const { rttUs = 0, minRttUs = 0, stages } = edge
    // A server that takes 40 ms looks the same, but for these: the request is written in pieces, of which the first is
    // acknowledged late.
    const isInPieces = stages.send.count >= leastSends * delayed.length
    if (!isInPieces || minRttUs > quickPathUs || rttUs < lateAckUs) return []
    const acks = namespaces.reduce(
      (sum, { before, now }) => sum + (before ? now.tcp.delayedAcks - before.tcp.delayedAcks : 0),
      0,
    )
    const meanNs = delayed.reduce((sum, { stagesNs }) => sum + stagesNs.wire, 0) / delayed.length
    const to = endpointText(socket.peer)
    return [
      {
        cause: 'nagle-delayed-ack',
        culprit: processOf(owner),
        sentence: `${who(owner)} writes each request to ${to} in small pieces: the second waits ${msText(meanNs)} for the delayed acknowledgement of the first.`,
        sinceNs: first?.timeNs,
        evidence: [
          `${delayed.length} of ${requests.length} slow requests spent 40 to 60 ms on the wire, where the quickest round trip took ${msText(minRttUs * 1000)}`,
          `${stages.send.count} send calls: a request is written in pieces; acknowledgements take ${msText(rttUs * 1000)} in the mean`,
          ...(acks > 0 ? [`${acks} acknowledgements were sent late on this host (DelayedACKs)`] : []),
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
