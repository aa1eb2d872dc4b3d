import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** What went wrong, for the person who ran set-up. */
export class SetupError extends Error {}

/**
 * @typedef {object} Step
 * @property {string} doing what is shown while it runs
 * @property {() => boolean} isDone
 * @property {() => void} run throws SetupError
 */

/** @param {Step[]} steps run in order, those that are done left out */
export function runSteps(steps) {
  if (steps.every((step) => step.isDone())) return
  const unlock = lock()
  try {
    runLocked(steps)
  } finally {
    unlock()
  }
}

const lockFile = join(root, 'build/setup.lock')
const lockPollMs = 200

/**
 * Two set-ups at once would build over each other: waits until the other has ended. One that was killed is no other.
 *
 * @returns {() => void}
 */
function lock() {
  mkdirSync(dirname(lockFile), { recursive: true })
  let isTold = false
  for (;;) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' })
      return () => rmSync(lockFile, { force: true })
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    }
    if (!isRunning(holder())) {
      rmSync(lockFile, { force: true })
      continue
    }
    if (!isTold) process.stderr.write('setup: waiting for another set-up of this checkout\n')
    isTold = true
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lockPollMs)
  }
}

/** The process that has the lock; 0: none any more. One that has not written its number yet is given a moment. */
function holder() {
  try {
    const isNew = Date.now() - statSync(lockFile).mtimeMs < 1000
    return Number(readFileSync(lockFile, 'utf8')) || (isNew ? process.pid : 0)
  } catch {
    return 0
  }
}

/** @param {number} pid */
function isRunning(pid) {
  return pid > 0 && existsSync(`/proc/${pid}`)
}

/** @param {Step[]} steps */
function runLocked(steps) {
  for (const step of steps) {
    if (step.isDone()) continue
    const startMs = Date.now()
    process.stderr.write(`setup: ${step.doing} ...`)
    step.run()
    process.stderr.write(` ${((Date.now() - startMs) / 1000).toFixed(1)} s\n`)
  }
}

/**
 * Runs a command quietly; its output is shown only when it fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {string} its standard output
 * @throws {SetupError}
 */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, ...options })
  if (result.status !== 0) {
    const output = result.error ? result.error.message : `${String(result.stdout)}${String(result.stderr)}`
    const end = output.trimEnd().split('\n').slice(-30).join('\n')
    throw new SetupError(`this command did not work: ${command} ${args.join(' ')}\n${end}`)
  }
  return String(result.stdout)
}

/**
 * A step that is done while its input files are what they were when it last ran, and its output exists.
 *
 * @param {object} spec
 * @param {string} spec.name file name of its stamp
 * @param {string} spec.doing
 * @param {string[]} spec.inputs files and folders, relative to the checkout
 * @param {string} [spec.version] what else the output depends on
 * @param {string} spec.output relative to the checkout
 * @param {() => void} spec.run
 * @returns {Step}
 */
export function stampedStep({ name, doing, inputs, version = '', output, run: build }) {
  const stampFile = join(root, 'build/stamps', name)
  const digest = () => {
    const hash = createHash('sha256').update(version)
    for (const input of inputs) hashInto(hash, join(root, input))
    return hash.digest('hex')
  }
  return {
    doing,
    isDone: () =>
      existsSync(join(root, output)) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === digest(),
    run: () => {
      build()
      mkdirSync(dirname(stampFile), { recursive: true })
      writeFileSync(stampFile, digest())
    },
  }
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} path
 */
function hashInto(hash, path) {
  if (!existsSync(path)) return
  if (statSync(path).isDirectory()) {
    for (const entry of readdirSync(path).toSorted()) hashInto(hash, join(path, entry))
  } else {
    hash.update(path).update(readFileSync(path))
  }
}
