import { found, ruledOut, type Rule } from '../rule.ts'
import { percentText } from '../words.ts'

const leastFreeShare = 0.02

/** A file system without room for data or files: programs that cannot write stall or fail. */
export const diskFull: Rule = ({ host }) => {
  if (!host) return found()
  const { disks } = host.now
  const full = disks.find(
    ({ totalBytes, freeBytes, freeInodesShare = 1 }) =>
      freeBytes / totalBytes < leastFreeShare || freeInodesShare < leastFreeShare,
  )
  if (!full) {
    const [fullest] = disks
    const free = fullest
      ? `${fullest.mountPoint} has ${percentText(fullest.freeBytes / fullest.totalBytes)} left`
      : 'none was found'
    return ruledOut('disk-full', `no file system is full: ${free}`)
  }
  return found({
    cause: 'disk-full',
    culprit: undefined,
    sentence: `The file system at ${full.mountPoint} is full.`,
    sinceNs: undefined,
    evidence: [
      `${(full.freeBytes / 2 ** 20).toFixed(0)} MiB of ${(full.totalBytes / 2 ** 20).toFixed(0)} MiB are free`,
    ],
    confidence: 0.9,
    weight: 0.5,
    confirm: `df -h ${full.mountPoint}; df -i ${full.mountPoint}`,
    advice: 'Free some: logs, images of containers (docker system df), core dumps.',
  })
}
