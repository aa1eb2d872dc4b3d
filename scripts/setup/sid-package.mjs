import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, SetupError } from './step.mjs'

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * A program that the stable suite has too old, or not at all: the package of Debian's sid, unpacked into
 * `build/NAME`. apt works in a state of its own: the system's packages, sources and lists are neither read nor changed.
 *
 * @param {string} name of the package
 * @param {string} file of it, by which its presence is known, relative to `/`
 * @returns {import('./step.mjs').Step}
 */
export function sidPackage(name, file) {
  const target = join('build', name)
  return {
    doing: `fetching ${name} of Debian's sid into ${target}`,
    isDone: () => existsSync(join(root, target, file)),
    run: () => fetchInto(join(root, target), name),
  }
}

/**
 * @param {string} target
 * @param {string} name
 */
function fetchInto(target, name) {
  const state = `${target}.apt`
  rmSync(state, { recursive: true, force: true })
  rmSync(target, { recursive: true, force: true })
  for (const folder of ['lists/partial', 'cache/archives/partial', 'debs', 'root'])
    mkdirSync(join(state, folder), { recursive: true })
  writeFileSync(join(state, 'status'), '')
  writeFileSync(join(state, 'sources.list'), `deb [signed-by=${keyring}] ${mirror()} sid main\n`)
  const options = {
    'Dir::Etc::SourceList': join(state, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State': state,
    'Dir::State::Lists': join(state, 'lists'),
    'Dir::State::Status': join(state, 'status'),
    'Dir::Cache': join(state, 'cache'),
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  }
  const flags = ['-qq', ...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])]
  run('apt-get', [...flags, 'update'])
  run('apt-get', [...flags, 'download', name], { cwd: join(state, 'debs') })
  for (const archive of readdirSync(join(state, 'debs')))
    run('dpkg-deb', ['-x', join(state, 'debs', archive), join(state, 'root')])
  renameSync(join(state, 'root'), target)
  rmSync(state, { recursive: true })
}

/** Where this system takes Debian from. */
function mirror() {
  const folder = '/etc/apt/sources.list.d'
  const parts = existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []
  const files = ['/etc/apt/sources.list', ...parts].filter((file) => existsSync(file))
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  const url = /https?:\/\/\S+\/debian\/?(?=\s|$)/m.exec(text)?.[0]
  if (url === undefined) throw new SetupError("no Debian mirror is known to this system's apt")
  return url
}
