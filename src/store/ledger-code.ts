import { ledgerStages, type Ledger } from '../model/ledger.ts'
import { nonZero } from './lossless-json.ts'

/** A ledger without the stages in which no time went. */
export type LedgerCode = Omit<Ledger, 'stagesNs'> & { stagesNs: Partial<Ledger['stagesNs']> }

export function encodeLedger(ledger: Ledger): LedgerCode {
  return { ...ledger, stagesNs: nonZero(ledger.stagesNs) }
}

export function decodeLedger(code: LedgerCode): Ledger {
  const stages = ledgerStages.map((stage) => [stage, code.stagesNs[stage] ?? 0])
  return { ...code, stagesNs: Object.fromEntries(stages) as Ledger['stagesNs'] }
}
