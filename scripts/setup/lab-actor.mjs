import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, stampedStep } from './step.mjs'

/** @returns {import('./step.mjs').Step} */
export function labActor() {
  return stampedStep({
    name: 'lab-actor',
    doing: 'compiling the socket actor of the lab',
    inputs: ['lab/actor', 'scripts/setup/lab-actor.mjs'],
    output: 'build/lab/actor',
    run: () => {
      mkdirSync(join(root, 'build/lab'), { recursive: true })
      run('g++', ['-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror', '-pthread', 'lab/actor/actor.cc', '-o', 'build/lab/actor'])
    },
  })
}
