import { nodeEnvironment } from './node-runtime.mjs'
import { run, stampedStep } from './step.mjs'

/** @returns {import('./step.mjs').Step} */
export function npmPackages() {
  return stampedStep({
    name: 'npm-packages',
    doing: 'installing npm packages',
    inputs: ['package-lock.json'],
    output: 'node_modules/commander/package.json',
    // Not `npm ci`: it refuses where a registry lacks a build, for another platform, of an optional dependency.
    run: () => run('npm', ['install', '--no-save', '--no-audit', '--no-fund'], { env: nodeEnvironment() }),
  })
}
