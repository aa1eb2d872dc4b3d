import type { Finding } from '../../model/finding.ts'
import type { Drops, Observation } from '../../model/observation.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { endpointText, msText, processOf, weightOf, who } from '../words.ts'

const leastRetransmits = 2

/** Reasons by which this host itself drops packets of connections that are well; others are the peer's, or bookkeeping. */
const localReasons: Record<string, string> = {
  QDISC_DROP: 'the queue of a network device is full',
  QDISC_OVERLIMIT: 'the queue of a network device is full',
  QDISC_CONGESTED: 'the queue of a network device is full',
  FULL_RING: 'the ring of a network device is full',
  CPU_BACKLOG: 'a processor cannot keep up with the packets that come in',
  NETFILTER_DROP: 'a firewall rule of this host drops them',
  IPTABLES_DROP: 'a firewall rule of this host drops them',
  TC_EGRESS: 'a traffic control rule drops them',
  TC_INGRESS: 'a traffic control rule drops them',
  SOCKET_RCVBUFF: 'the receive buffer of the socket is full',
  PROTO_MEM: 'the memory for sockets is used up (tcp_mem)',
  BPF_CGROUP_EGRESS: 'a BPF program of a cgroup drops them',
  XDP: 'an XDP program drops them',
}

/** Segments that are lost: on the way, or by this host itself, told by the kernel's own drop reasons. */
export const packetLoss: Rule = (observation) => {
  const { retransmits, drops, unseen } = observation
  const canSeeDrops = !unseen.some(({ signal }) => signal === 'drop')
  const lossy = retransmits.filter(
    ({ rto, other, socket }) => rto + Math.max(0, other - needless(observation, socket.netns)) >= leastRetransmits,
  )
  const local = drops.filter(({ reason, count }) => localReasons[reason] !== undefined && count >= leastRetransmits)
  if (local.length > 0) return { findings: local.map((drop) => localFinding(drop, observation)), ruledOut: [] }
  if (lossy.length === 0)
    return ruledOut(
      'packet-loss',
      retransmits.length === 0 ? 'nothing was sent again' : 'what was sent again had arrived, or was a single segment',
    )
  return {
    findings: lossy.map(({ owner, socket, rto, other, stallNs, firstNs }): Finding => {
      const to = endpointText(socket.peer)
      const stall = rto > 0 ? `, which stalled it ${msText(stallNs)}` : ''
      return {
        cause: 'packet-loss',
        culprit: processOf(owner),
        sentence: `Packets between ${who(owner)} and ${to} are lost${stall}.`,
        sinceNs: firstNs,
        evidence: [
          `${rto + other} segments were sent again: ${rto} after a timer of 200 ms or more, ${other} at once`,
          canSeeDrops
            ? 'this host dropped none of them itself'
            : 'whether this host dropped them itself is not known: this kernel does not tell',
        ],
        confidence: canSeeDrops ? 0.85 : 0.6,
        weight: weightOf(stallNs, 200e6),
        confirm: `wirelag trace --packets --peer ${socket.peer.address}`,
        advice:
          'The path or the peer loses packets: a bad link, a full queue, a policer. Compare with another peer on the same path.',
      }
    }),
    ruledOut: [{ cause: 'local-drop', sentence: 'this host dropped no packet of these connections itself' }],
  }
}

/**
 * How often, in a network namespace, a peer said that it had received already what was sent again (DSACK). Infinite where
 * that is not known, as of a namespace that has gone: then only timers that ran out speak for a loss.
 */
function needless({ namespaces }: Observation, netns: number): number {
  const found = namespaces.find(({ now }) => now.netns === netns)
  return found ? found.now.tcp.tcpDsackRecv - (found.before?.tcp.tcpDsackRecv ?? 0) : Infinity
}

function localFinding({ reason, count, owners, socket, firstNs }: Drops, { retransmits }: Observation): Finding {
  const hurt = retransmits.filter(({ rto, other }) => rto + other > 0)
  const owner = owners[0] ?? hurt[0]?.owner
  return {
    cause: 'local-drop',
    culprit: owner && processOf(owner),
    sentence: `This host drops packets${owner ? ` of ${who(owner)}` : ''} itself: ${localReasons[reason]}.`,
    sinceNs: firstNs,
    evidence: [
      `${count} packets were dropped with the kernel's reason ${reason}, as of ${endpointText(socket.local)} to ${endpointText(socket.peer)}`,
      `${hurt.reduce((sum, { rto, other }) => sum + rto + other, 0)} segments were sent again`,
    ],
    confidence: 0.95,
    weight: weightOf(count, 2),
    confirm: 'wirelag trace --packets; tc -s qdisc; nft list ruleset',
    advice:
      'Find the queue or the rule: tc -s qdisc shows drops of queues, counters in nft list ruleset those of rules.',
  }
}
