import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root, run, SetupError, stampedStep } from './step.mjs'

/** Relative to the checkout: every BPF program, linked into one object. */
export const bpfObjectFile = 'build/wirelag.bpf.o'

// The kernel's own types have holes, which -Wpadded does not look for in a system folder.
const clangFlags =
  '-g -O2 -target bpf -mcpu=v2 -Wall -Wextra -Werror -Wpadded -Wno-unused-parameter -isystem bpf/kernel'.split(' ')

/** @type {Record<string, { define: string, triplet: string }>} */
const architectures = {
  x64: { define: '-D__TARGET_ARCH_x86', triplet: 'x86_64-linux-gnu' },
  arm64: { define: '-D__TARGET_ARCH_arm64', triplet: 'aarch64-linux-gnu' },
}

/** @returns {import('./step.mjs').Step} */
export function bpfObject() {
  return stampedStep({
    name: 'bpf-object',
    doing: 'compiling the BPF programs',
    inputs: ['bpf', 'scripts/setup/bpf-object.mjs'],
    output: bpfObjectFile,
    run: build,
  })
}

function build() {
  const architecture = architectures[process.arch]
  if (!architecture) throw new SetupError(`wirelag runs on x86-64 and arm64, not on ${process.arch}`)
  const flags = [...clangFlags, architecture.define, '-isystem', `/usr/include/${architecture.triplet}`]
  mkdirSync(join(root, 'build/bpf'), { recursive: true })
  const objects = sources('bpf').map((source) => {
    const object = join('build/bpf', `${basename(source, '.c')}.o`)
    run('clang', [...flags, '-c', source, '-o', object])
    return object
  })
  // Linked under another name first: a run that is interrupted leaves no half object.
  run('/usr/sbin/bpftool', ['gen', 'object', `${bpfObjectFile}.part`, ...objects])
  renameSync(join(root, `${bpfObjectFile}.part`), join(root, bpfObjectFile))
}

/**
 * @param {string} folder relative to the checkout
 * @returns {string[]} every *.bpf.c in it
 */
function sources(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.bpf.c'))
    .toSorted()
    .map((file) => join(folder, file))
}
