import { execFile } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Kernels are kept outside the checkout, and looked for anew after a week. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wirelag/kernels')
const freshMs = 7 * 24 * 3600 * 1000

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

export interface KernelImage {
  /** As `uname -r` says. */
  release: string
  /** A bzImage. */
  file: string
}

const fetching = new Map<string, Promise<KernelImage>>()

/**
 * The newest cloud kernel of a Debian suite, from the mirror that this system uses. apt works in a state of its own: the
 * system's sources, lists and packages are neither read nor changed.
 */
export function debianKernel(suite: string): Promise<KernelImage> {
  const under = fetching.get(suite) ?? fetchKernel(suite)
  fetching.set(suite, under)
  return under
}

async function fetchKernel(suite: string): Promise<KernelImage> {
  const folder = join(cache, suite)
  const cached = cachedKernel(folder)
  if (cached && Date.now() - statSync(cached.file).ctimeMs < freshMs) return cached
  mkdirSync(folder, { recursive: true })
  const apt = await privateApt(suite, join(folder, 'apt'))
  const depends = await apt.cache('show', '--no-all-versions', 'linux-image-cloud-amd64')
  const image = /^Depends:.*?(linux-image-[0-9][^ ,]*)/m.exec(depends)?.[1]
  if (image === undefined) throw new Error(`${suite} has no cloud kernel`)
  const release = image.replace('linux-image-', '')
  // From 6.19 on the image package depends on linux-binary-…, which has the file.
  const binaryPackage = `linux-binary-${release}`
  const hasBinaryPackage = (await apt.cache('depends', image)).includes(`Depends: ${binaryPackage}\n`)
  const unpacked = join(folder, 'unpacked')
  rmSync(unpacked, { recursive: true, force: true })
  await apt.download(hasBinaryPackage ? binaryPackage : image, folder)
  const archive = readdirSync(folder).find((file) => file.endsWith('.deb')) ?? ''
  await run('dpkg-deb', ['-x', join(folder, archive), unpacked])
  const [found] = globSync(join(unpacked, '**/vmlinuz*'))
  if (found === undefined) throw new Error(`${archive} has no kernel`)
  for (const old of globSync(join(folder, 'vmlinuz-*'))) rmSync(old)
  const file = join(folder, `vmlinuz-${release}`)
  renameSync(found, file)
  rmSync(unpacked, { recursive: true })
  rmSync(join(folder, archive))
  return { release, file }
}

function cachedKernel(folder: string): KernelImage | undefined {
  const file = globSync(join(folder, 'vmlinuz-*'))[0]
  return file === undefined ? undefined : { file, release: file.slice(join(folder, 'vmlinuz-').length) }
}

interface PrivateApt {
  cache: (...args: string[]) => Promise<string>
  download: (name: string, folder: string) => Promise<void>
}

async function privateApt(suite: string, state: string): Promise<PrivateApt> {
  for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, name), { recursive: true })
  writeFileSync(join(state, 'status'), '')
  const security =
    suite === 'sid' ? '' : `deb [signed-by=${keyring}] ${mirror('debian-security')} ${suite}-security main\n`
  writeFileSync(
    join(state, 'sources.list'),
    `deb [signed-by=${keyring}] ${mirror('debian')} ${suite} main\n${security}`,
  )
  const options = {
    'Dir::Etc::SourceList': join(state, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State': state,
    'Dir::State::Lists': join(state, 'lists'),
    'Dir::State::Status': join(state, 'status'),
    'Dir::Cache': join(state, 'cache'),
    'APT::Architecture': 'amd64',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  }
  const flags = ['-qq', ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])]
  await run('apt-get', [...flags, 'update'])
  return {
    cache: async (...args) => (await run('apt-cache', [...flags, ...args], { maxBuffer: 1 << 26 })).stdout,
    download: async (name, folder) => {
      await run('apt-get', [...flags, 'download', name], { cwd: folder })
    },
  }
}

/** Where this system takes that archive from: `debian` or `debian-security`. */
function mirror(archive: string): string {
  const files = globSync('/etc/apt/{sources.list,sources.list.d/*}').filter((file) => existsSync(file))
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  const url = new RegExp(`https?://\\S+/${archive}/?(?=\\s|$)`, 'm').exec(text)?.[0]
  if (url === undefined) throw new Error(`no ${archive} mirror is known to this system's apt`)
  return url
}
