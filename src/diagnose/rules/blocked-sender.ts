import type { EdgeActivity } from '../../model/edge.ts'
import type { Finding } from '../../model/finding.ts'
import type { Observation } from '../../model/observation.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { msText, percentText, weightOf, who } from '../words.ts'
import { peerText } from '../../model/edge-text.ts'

const leastShare = 0.2
const leastMeanNs = 5e6
const leastProbes = 2
/** Above it a small send buffer holds up who sends. */
const farRttUs = 5000

/** Senders that are held up: the peer does not read, or the send buffer is too small for the path. */
export const blockedSender: Rule = (observation) => {
  const blocked = observation.edges.filter(
    ({ edge, counts, stages }) =>
      edge.process &&
      stages.send.count > 0 &&
      counts.sendBlockedNs / stages.send.sumNs > leastShare &&
      stages.send.sumNs / stages.send.count > leastMeanNs,
  )
  const probed = probedFindings(observation)
  if (blocked.length + probed.length === 0)
    return ruledOut('zero-window', 'no sender waited for room in its send buffer, and no peer closed its window')
  return {
    findings: blocked.length > 0 ? blocked.map((activity) => findingOf(activity, observation)) : probed,
    ruledOut: [],
  }
}

/** Probes of closed windows, of which the kernel does not tell whose they are: of whoever sends there. */
function probedFindings({ namespaces, edges }: Observation): Finding[] {
  return namespaces.flatMap(({ before, now }): Finding[] => {
    const probes = before ? now.tcp.tcpWinProbe - before.tcp.tcpWinProbe : 0
    const senders = edges.filter(
      ({ edge, stages }) => edge.netns === now.netns && edge.process && stages.send.count > 0,
    )
    const [first] = senders.toSorted((a, b) => b.counts.sentBytes - a.counts.sentBytes)
    if (probes < leastProbes || !first?.edge.process) return []
    const sender = who(first.edge.process)
    return [
      {
        cause: 'zero-window',
        culprit: undefined,
        sentence: `The peer of ${sender} does not read: it has closed its window, and what is sent ${peerText(first.edge)} piles up here.`,
        sinceNs: undefined,
        evidence: [
          `${probes} probes of a peer's closed window were sent in network namespace ${now.netns} (TCPWinProbe)`,
        ],
        confidence: senders.length === 1 ? 0.9 : 0.6,
        weight: weightOf(probes, 2),
        confirm: `ss -tnoi dst ${first.edge.peerAddress}`,
        advice:
          'Look at the peer: why is it slow to read? What is sent waits in the send buffer until that is full, then send() does.',
      },
    ]
  })
}

function findingOf(activity: EdgeActivity, { exchanges }: Observation): Finding {
  const { edge, counts, stages, rttUs = 0 } = activity
  const { count, sumNs, maxNs } = stages.send
  const process = edge.process!
  const limited = exchanges.some(
    ({ owner, stagesNs }) => owner?.pid === process.pid && stagesNs.receiverLimited > stagesNs.sendBlocked,
  )
  const common = {
    culprit: process,
    sinceNs: undefined,
    weight: weightOf(sumNs / count, 20e6),
    confirm: `wirelag send -p ${process.pid} --slow 5ms`,
  }
  const times = `${count} send calls took ${msText(sumNs / count)} in the mean, ${msText(maxNs)} at the longest; ${percentText(counts.sendBlockedNs / sumNs)} of it was waiting for room`
  if (counts.zeroWindows > 0 || limited || rttUs < farRttUs)
    return {
      ...common,
      cause: 'zero-window',
      // The peer is another host, or has a finding of its own.
      culprit: undefined,
      sentence: `${who(process)} is held up when it sends ${peerText(edge)}: the peer does not read.`,
      evidence: [times, `${counts.zeroWindows} of the calls met a closed window of the peer`],
      confidence: counts.zeroWindows > 0 || limited ? 0.95 : 0.75,
      advice:
        'Look at the peer: it is slow to read (wirelag pktlat there); or send from a thread that may wait, and bound the queue before it.',
    }
  return {
    ...common,
    cause: 'send-buffer-small',
    sentence: `${who(process)} is held up when it sends ${peerText(edge)}: its send buffer is too small for a round trip of ${msText(rttUs * 1000)}.`,
    evidence: [times, `the round trip takes ${msText(rttUs * 1000)}, and the peer's window was never closed`],
    confidence: 0.85,
    advice:
      'Do not set SO_SNDBUF (the kernel sizes it by itself), or set it to bandwidth × round trip; see net.ipv4.tcp_wmem.',
  }
}
