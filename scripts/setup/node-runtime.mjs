import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, run, SetupError } from './step.mjs'

const minimum = { major: 24, minor: 15 }

/** Whether this very Node is new enough. */
function isNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > minimum.major || (major === minimum.major && minor >= minimum.minor)
}

function runtimeFolder() {
  return join(root, 'runtime/node_modules', `node-linux-${process.arch}`)
}

/** Where `bin/node` and `include/node` are of the Node that wirelag runs on. */
export function nodePrefix() {
  return existsSync(runtimeFolder()) ? runtimeFolder() : dirname(dirname(process.execPath))
}

/** The environment in which `node` is the Node that wirelag runs on. */
export function nodeEnvironment() {
  return { ...process.env, PATH: `${join(nodePrefix(), 'bin')}:${process.env['PATH'] ?? ''}` }
}

/** @returns {import('./step.mjs').Step} */
export function nodeRuntime() {
  return {
    doing: `bringing Node.js ${minimum.major} into runtime/ (this system has ${process.versions.node})`,
    isDone: () => isNewEnough() || existsSync(join(runtimeFolder(), 'bin/node')),
    run: () => {
      if (process.arch !== 'x64' && process.arch !== 'arm64')
        throw new SetupError(`install Node.js ${minimum.major} or newer: there is none to bring for ${process.arch}`)
      run('npm', ['install', '--no-save', '--no-audit', '--no-fund'], { cwd: join(root, 'runtime') })
    },
  }
}
