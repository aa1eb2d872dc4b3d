import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nodeEnvironment, nodePrefix } from './node-runtime.mjs'
import { root, run, stampedStep } from './step.mjs'

/** @returns {import('./step.mjs').Step} */
export function nativeAddon() {
  return stampedStep({
    name: 'native-addon',
    doing: 'compiling the native addon',
    inputs: ['native/binding.gyp', 'native/src', 'package-lock.json'],
    output: 'native/build/Release/wirelag.node',
    run: build,
  })
}

function build() {
  const prefix = nodePrefix()
  const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : []
  run(join(root, 'node_modules/.bin/node-gyp'), ['rebuild', '--directory=native', '--jobs=max', ...headers], {
    env: nodeEnvironment(),
  })
}
