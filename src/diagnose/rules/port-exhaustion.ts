import type { Finding } from '../../model/finding.ts'
import type { ConnectFailures, Observation } from '../../model/observation.ts'
import type { Rule } from '../rule.ts'
import { endpointText, processOf, weightOf, who } from '../words.ts'

/** Connects for which there is no local port. */
export const portExhaustion: Rule = ({ failures, states }) => {
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
