import { statfsSync, type StatsFs } from 'node:fs'
import type { DiskFacts } from '../model/host-facts.ts'
import { fileText } from './file-text.ts'
import { unescapedPath } from './cgroup-mounts.ts'

/** A file system that /proc/self/mountinfo has. */
export interface DiskMount {
  /** `8:1`. */
  device: string
  mountPoint: string
}

const maxDisks = 8
/** Full by what they are. */
const readOnlyTypes = new Set(['squashfs', 'iso9660', 'erofs', 'cramfs', 'romfs', 'udf'])

/**
 * The fullest file systems that are mounted from a disk, by statfs: at most eight, the fullest first. Those of networks are
 * not looked at, as one whose server is gone never answers.
 */
export function fullestDisks(procfs = '/proc'): DiskFacts[] {
  const mountinfo = fileText(`${procfs}/self/mountinfo`) ?? ''
  return diskMounts(mountinfo, fileText(`${procfs}/filesystems`) ?? '')
    .map(({ mountPoint }) => diskFacts(mountPoint))
    .filter((disk) => disk !== undefined)
    .toSorted((one, other) => usedShare(other) - usedShare(one))
    .slice(0, maxDisks)
}

/**
 * Mounts of file systems that live on a block device, each device once, by its shortest path.
 *
 * @param mountinfo text of /proc/PID/mountinfo
 * @param filesystems text of /proc/filesystems, where those that need no device are marked `nodev`
 */
export function diskMounts(mountinfo: string, filesystems: string): DiskMount[] {
  const onDevice = new Set(['zfs'])
  for (const line of filesystems.split('\n')) if (line.startsWith('\t')) onDevice.add(line.trim())
  const found = new Map<string, DiskMount>()
  for (const line of mountinfo.split('\n')) {
    const [mountFields = '', superFields = ''] = line.split(' - ')
    const [, , device = '', , path = ''] = mountFields.split(' ')
    const [type = ''] = superFields.split(' ')
    if (path === '' || !onDevice.has(type) || readOnlyTypes.has(type) || type.startsWith('fuse')) continue
    const mountPoint = unescapedPath(path)
    if (mountPoint.length < (found.get(device)?.mountPoint.length ?? Infinity))
      found.set(device, { device, mountPoint })
  }
  return [...found.values()]
}

function diskFacts(mountPoint: string): DiskFacts | undefined {
  const stat = statfs(mountPoint)
  // Nothing to fill: an empty drive, or a mount that is gone.
  if (stat === undefined || stat.blocks === 0) return undefined
  const { bsize, blocks, bavail, files, ffree } = stat
  return {
    mountPoint,
    totalBytes: blocks * bsize,
    freeBytes: bavail * bsize,
    freeInodesShare: files === 0 ? undefined : ffree / files,
  }
}

function statfs(mountPoint: string): StatsFs | undefined {
  try {
    return statfsSync(mountPoint)
  } catch {
    return undefined
  }
}

function usedShare({ totalBytes, freeBytes, freeInodesShare = 1 }: DiskFacts): number {
  return 1 - Math.min(freeBytes / totalBytes, freeInodesShare)
}
