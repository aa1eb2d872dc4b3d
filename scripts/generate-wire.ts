// Writes src/wire/wire.gen.ts from the BTF of the built BPF object: `npm run generate`.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { generateWire } from './generate/wire-source.ts'

const [objectFile = 'build/wirelag.bpf.o', sourceFile = 'src/wire/wire.gen.ts'] = process.argv.slice(2)
const dump = execFileSync('/usr/sbin/bpftool', ['btf', 'dump', 'file', objectFile, '--json'], { maxBuffer: 1 << 28 })
writeFileSync(sourceFile, generateWire(JSON.parse(dump.toString())))
