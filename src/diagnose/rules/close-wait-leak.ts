import type { Finding } from '../../model/finding.ts'
import { normalEvidence } from '../normal-evidence.ts'
import { countOf } from '../state-counts.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { processOf, weightOf, who } from '../words.ts'

const leastLeak = 10

/** Sockets that the peer has closed, and their process does not. */
export const closeWaitLeak: Rule = ({ states, normals }) => {
  const leaking = states.filter(
    ({ state, before, now, owner }) =>
      state === 'CLOSE_WAIT' && owner && (now - before >= leastLeak || (now >= 5 * leastLeak && now >= before)),
  )
  const all = countOf(states, 'CLOSE_WAIT')
  if (leaking.length === 0)
    return ruledOut('close-wait-leak', `${all} sockets are in CLOSE_WAIT, and they do not grow in number`)
  return {
    findings: leaking.map(({ owner, before, now }): Finding => ({
      cause: 'close-wait-leak',
      culprit: owner && processOf(owner),
      sentence: `${owner ? who(owner) : 'A process'} does not close connections that its peers have closed: ${now} are in CLOSE_WAIT.`,
      sinceNs: undefined,
      evidence: [
        `${now} sockets in CLOSE_WAIT, ${now - before} more than at the begin`,
        ...normalEvidence(states, normals, 'CLOSE_WAIT', owner),
      ],
      confidence: 0.95,
      weight: weightOf(Math.max(now - before, now / 10), 20),
      confirm: 'wirelag states --state CLOSE_WAIT --by service',
      advice:
        'A read that returns 0 must be followed by close(); look for a path that forgets it, such as an exception.',
    })),
    ruledOut: [],
  }
}
