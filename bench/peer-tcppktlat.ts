import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = join(tmpdir(), 'wirelag-bench-peer')

/**
 * tcppktlat of BCC's libbpf-tools, from Debian's sid, with the libraries that it was built for: fetched into a temporary
 * folder with an apt state of its own, so that the system's packages are neither read nor changed.
 *
 * @returns the command that runs it
 */
export function fetchTcppktlat(): string[] {
  const root = join(folder, 'root')
  const libraries = join(root, 'usr/lib', execFileSync('gcc', ['-print-multiarch']).toString().trim())
  if (!existsSync(join(root, 'usr/sbin/tcppktlat-libbpf'))) download(root)
  const loader = readdirSync(libraries).find((file) => file.startsWith('ld-linux'))
  if (loader === undefined) throw new Error(`no dynamic loader in ${libraries}`)
  return [join(libraries, loader), '--library-path', libraries, join(root, 'usr/sbin/tcppktlat-libbpf')]
}

function download(root: string): void {
  process.stderr.write("bench: fetching tcppktlat from Debian's sid\n")
  for (const name of ['lists/partial', 'cache/archives/partial', 'debs', 'root'])
    mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'status'), '')
  const mirror = /https?:\/\/\S+\/debian\/?(?=\s)/.exec(
    execFileSync('grep', ['-rhE', 'https?://', '/etc/apt']).toString(),
  )?.[0]
  const key = '/usr/share/keyrings/debian-archive-keyring.gpg'
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${key}] ${mirror} sid main\n`)
  const options = {
    'Dir::Etc::SourceList': join(folder, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State': folder,
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::State::Status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
  }
  const flags = ['-qq', ...Object.entries(options).flatMap(([key_, value]) => ['-o', `${key_}=${value}`])]
  execFileSync('apt-get', [...flags, 'update'])
  const packages = ['libbpf-tools', 'libc6', 'libelf1t64', 'zlib1g', 'libzstd1']
  execFileSync('apt-get', [...flags, 'download', ...packages], { cwd: join(folder, 'debs'), stdio: 'pipe' })
  for (const file of readdirSync(join(folder, 'debs'))) execFileSync('dpkg', ['-x', join(folder, 'debs', file), root])
}
