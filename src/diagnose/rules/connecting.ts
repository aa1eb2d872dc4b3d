import type { Finding } from '../../model/finding.ts'
import type { ConnectFailures, Observation } from '../../model/observation.ts'
import type { Judgement, Rule } from '../rule.ts'
import { endpointText, msText, processOf, weightOf, who } from '../words.ts'

const leastRefusals = 2

/** Connects that fail, or that get no answer: refused, filtered, or without a port to come from. */
export const connecting: Rule = (observation) => {
  const judgements = [refused(observation), filtered(observation), withoutPort(observation)]
  return {
    findings: judgements.flatMap(({ findings }) => findings),
    ruledOut: judgements.flatMap((judgement) => judgement.ruledOut),
  }
}

function refused({ failures }: Observation): Judgement {
  const refusals = failures.filter(({ error, count }) => error === 'ECONNREFUSED' && count >= leastRefusals)
  if (refusals.length === 0)
    return { findings: [], ruledOut: [{ cause: 'connection-refused', sentence: 'no peer refused a connection' }] }
  return {
    findings: refusals.map(({ owner, socket, count, firstNs }): Finding => {
      const to = endpointText(socket.peer)
      return {
        cause: 'connection-refused',
        culprit: processOf(owner),
        sentence: `${who(owner)} connects to ${to}, where nobody listens: the connection is refused.`,
        sinceNs: firstNs,
        evidence: [`${count} connects to ${to} ended with ECONNREFUSED: a reset came back`],
        confidence: 0.99,
        weight: weightOf(count, 3),
        confirm: `ss -ltn 'sport = :${socket.peer.port}'`,
        advice: `Start what should listen on ${to}, or correct the address; a firewall that rejects looks the same.`,
      }
    }),
    ruledOut: [],
  }
}

/** A SYN that gets no answer is sent again after 1, 3, 7 s. */
function filtered({ retransmits, waiting, failures, namespaces }: Observation): Judgement {
  const unanswered = retransmits.filter(({ syn }) => syn > 0)
  const timedOut = failures.filter(({ error }) => error === 'ETIMEDOUT')
  const overflow = namespaces.some(({ before, now }) => before && now.tcp.listenOverflows > before.tcp.listenOverflows)
  if (unanswered.length === 0 && timedOut.length === 0)
    return { findings: [], ruledOut: [{ cause: 'syn-filtered', sentence: 'every SYN was answered at once' }] }
  if (overflow) return { findings: [], ruledOut: [] }
  const findings = unanswered.map(({ owner, socket, syn, firstNs }): Finding => {
    const to = endpointText(socket.peer)
    const still = waiting.filter(
      (wait) => wait.owner.pid === owner.pid && wait.socket.peer.address === socket.peer.address,
    )
    const stillCount = still.reduce((sum, { count }) => sum + count, 0)
    return {
      cause: 'syn-filtered',
      culprit: processOf(owner),
      sentence: `${who(owner)} connects to ${to}, and its SYN, or the answer to it, is lost: it is sent again after 1, 3, 7 s.`,
      sinceNs: firstNs,
      evidence: [
        `${syn} SYNs to ${to} were sent again`,
        ...(stillCount > 0
          ? [
              `${stillCount} connects still wait, ${msText(Math.max(...still.map(({ longestNs }) => longestNs)))} at the longest`,
            ]
          : []),
      ],
      confidence: 0.9,
      weight: weightOf(syn, 1),
      confirm: `wirelag trace --slow 500ms --peer ${socket.peer.address} --rport ${socket.peer.port}`,
      advice:
        'A firewall or security group that drops in silence, a wrong route, or a peer that is down: try from another host.',
    }
  })
  return { findings, ruledOut: [] }
}

function withoutPort({ failures, states }: Observation): Judgement {
  const failed = failures.filter(({ error }) => error === 'EADDRNOTAVAIL')
  if (failed.length === 0)
    return {
      findings: [],
      ruledOut: [{ cause: 'port-exhaustion', sentence: 'no connect failed for want of a local port' }],
    }
  return { findings: failed.map((failure) => portFinding(failure, states)), ruledOut: [] }
}

function portFinding({ owner, socket, count, firstNs }: ConnectFailures, states: Observation['states']): Finding {
  const to = socket.peer.port === 0 ? 'its peer' : endpointText(socket.peer)
  const waits = states
    .filter(({ state, netns }) => state === 'TIME_WAIT' && netns === socket.netns)
    .reduce((sum, { now }) => sum + now, 0)
  return {
    cause: 'port-exhaustion',
    culprit: processOf(owner),
    sentence: `${who(owner)} has no local port left for connections to ${to}.`,
    sinceNs: firstNs,
    evidence: [`${count} connects ended with EADDRNOTAVAIL`, `${waits} sockets of its namespace are in TIME_WAIT`],
    confidence: 0.99,
    weight: weightOf(count, 1),
    confirm: 'sysctl net.ipv4.ip_local_port_range; wirelag states --by peer',
    advice: 'Keep connections open and use them again (a pool); a wider net.ipv4.ip_local_port_range only buys time.',
  }
}
