import type { SoftnetCounters } from '../model/host-facts.ts'
import { fileText } from './file-text.ts'

/** What the CPUs did with received packets: /proc/net/softnet_stat, which is of the host in every namespace. */
export function hostSoftnet(procfs = '/proc'): SoftnetCounters {
  return parseSoftnet(fileText(`${procfs}/net/softnet_stat`) ?? '')
}

/** A line for each CPU that is online, of hexadecimal fields; the first three have been the same in every kernel. */
export function parseSoftnet(text: string): SoftnetCounters {
  const sum: SoftnetCounters = { processed: 0, dropped: 0, squeezed: 0 }
  for (const line of text.split('\n')) {
    const [, processed, dropped, squeezed] = /^([\da-f]{8}) ([\da-f]{8}) ([\da-f]{8})(?: |$)/.exec(line) ?? []
    if (processed === undefined || dropped === undefined || squeezed === undefined) continue
    sum.processed += Number.parseInt(processed, 16)
    sum.dropped += Number.parseInt(dropped, 16)
    sum.squeezed += Number.parseInt(squeezed, 16)
  }
  return sum
}
