import { ledgerStages, type Ledger, type LedgerStage } from '../../model/ledger.ts'
import { ms } from './columns.ts'

const titles: Record<LedgerStage, string> = {
  connect: 'connect',
  synRetry: 'SYN retries',
  acceptQueue: 'accept queue',
  application: 'application',
  send: 'send',
  sendBlocked: 'send buffer full',
  receiverLimited: 'peer window closed',
  wire: 'wire + peer',
  rto: 'RTO',
  receiveQueue: 'receive queue',
  cpuWait: 'no CPU',
  closing: 'closing',
  unexplained: 'unexplained',
}

/** Parts below it are left out: what is left over is said as one. */
const leastNs = 1000

/** The parts of a ledger in milliseconds, in the order in which they may come: `connect 0.031 + wire + peer 12.400`. */
export function ledgerText({ stagesNs, synRetries, timeouts }: Ledger): string {
  const shown = ledgerStages.filter((stage) => stagesNs[stage] >= leastNs)
  const counts: Partial<Record<LedgerStage, number>> = { synRetry: synRetries, rto: timeouts }
  return shown
    .map((stage) => {
      const count = counts[stage]
      return `${titles[stage]}${count === undefined ? '' : ` (${count})`} ${ms(stagesNs[stage])}`
    })
    .join(' + ')
}
