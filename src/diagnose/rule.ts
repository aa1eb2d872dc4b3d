import type { Finding, RuledOut } from '../model/finding.ts'
import type { Observation } from '../model/observation.ts'

export interface Judgement {
  findings: Finding[]
  ruledOut: RuledOut[]
}

/** Looks for one cause, or several that are told apart. Pure: what it says follows from the observation alone. */
export type Rule = (observation: Observation) => Judgement

export function found(...findings: Finding[]): Judgement {
  return { findings, ruledOut: [] }
}

export function ruledOut(cause: RuledOut['cause'], sentence: string): Judgement {
  return { findings: [], ruledOut: [{ cause, sentence }] }
}
