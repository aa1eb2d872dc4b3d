import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, stampedStep } from './step.mjs'

const flags = ['-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror', '-pthread']

/** @returns {import('./step.mjs').Step} */
export function labActor() {
  return stampedStep({
    name: 'lab-actor',
    doing: 'compiling the socket actor of the lab',
    inputs: ['lab/actor', 'scripts/setup/lab-actor.mjs'],
    output: 'build/lab/actor',
    run: () => {
      mkdirSync(join(root, 'build/lab'), { recursive: true })
      const sources = readdirSync(join(root, 'lab/actor')).filter((file) => file.endsWith('.cc'))
      run('g++', [...flags, ...sources.map((file) => join('lab/actor', file)), '-o', 'build/lab/actor'])
    },
  })
}
