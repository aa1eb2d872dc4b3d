import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { generateWire } from './wire-source.ts'

/** The TypeScript that the built BPF object asks for. */
export function wireSource(objectFile = 'build/wirelag.bpf.o'): string {
  const dump = execFileSync('/usr/sbin/bpftool', ['btf', 'dump', 'file', objectFile, '--json'], { maxBuffer: 1 << 28 })
  return generateWire(JSON.parse(dump.toString()))
}

/** Whether the committed decoders are those of the BPF object; says so on standard error if not. */
export function checkGenerated(sourceFile = 'src/wire/wire.gen.ts'): boolean {
  if (readFileSync(sourceFile, 'utf8') === wireSource()) return true
  process.stderr.write(`${sourceFile} is not what bpf/wire/wire.h asks for: npm run generate\n`)
  return false
}
