import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { diskMounts, fullestDisks } from './disks.ts'

const filesystems =
  'nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\toverlay\nnodev\tnfs4\nnodev\tzfs\n' +
  '\text4\n\tsquashfs\n\txfs\n\tbtrfs\n\tfuseblk\n\tiso9660\n'

test('each device once, by its shortest path; what needs no device, is full by nature or of a network is left out', () => {
  const mountinfo = [
    '22 27 0:21 / /proc rw,relatime - proc proc rw',
    '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard',
    '28 27 254:0 /var/lib/docker/hosts /etc/hosts rw,relatime - ext4 /dev/vda rw,discard',
    '29 27 8:17 /data /srv/data/base rw shared:1 master:2 - xfs /dev/sdb1 rw',
    '30 27 8:17 / /my\\040disk rw shared:1 - xfs /dev/sdb1 rw',
    '31 27 0:45 / /var/lib/docker/overlay2/1/merged rw - overlay overlay rw,lowerdir=/a',
    '32 27 7:1 / /snap/core/1 ro,nodev - squashfs /dev/loop1 ro',
    '33 27 11:0 / /media/cd ro - iso9660 /dev/sr0 ro',
    '34 27 0:50 / /mnt/nfs rw - nfs4 server:/ rw',
    '35 27 0:51 / /home rw - btrfs /dev/sdc rw',
    '36 27 0:52 / /tank rw - zfs tank rw,xattr',
    '37 27 8:33 / /mnt/ntfs rw - fuseblk /dev/sdc1 rw',
    '38 27 0:53 / /run rw - tmpfs tmpfs rw',
    'broken',
    '',
  ].join('\n')
  assert.deepEqual(diskMounts(mountinfo, filesystems), [
    { device: '254:0', mountPoint: '/' },
    { device: '8:17', mountPoint: '/my disk' },
    { device: '0:51', mountPoint: '/home' },
    { device: '0:52', mountPoint: '/tank' },
  ])
  assert.deepEqual(diskMounts(mountinfo, ''), [{ device: '0:52', mountPoint: '/tank' }])
})

test('sizes of a file system, and none of a path that is gone', () => {
  const root = mkdtempSync(join(tmpdir(), 'wirelag-proc-'))
  mkdirSync(join(root, 'self'))
  const mounts = `27 1 254:0 / ${root} rw - ext4 /dev/vda rw\n29 27 8:17 / /nonexistent rw - xfs /dev/sdb1 rw\n`
  writeFileSync(join(root, 'self/mountinfo'), mounts)
  writeFileSync(join(root, 'filesystems'), filesystems)
  const { bsize, blocks } = statfsSync(root)
  const disks = fullestDisks(root).map(({ mountPoint, totalBytes }) => ({ mountPoint, totalBytes }))
  assert.deepEqual(disks, [{ mountPoint: root, totalBytes: blocks * bsize }])
  rmSync(root, { recursive: true })
})
