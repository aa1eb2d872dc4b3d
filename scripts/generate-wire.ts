// Writes src/wire/wire.gen.ts from the BTF of the built BPF object: `npm run generate`.
import { writeFileSync } from 'node:fs'
import { wireSource } from './generate/wire-file.ts'

writeFileSync('src/wire/wire.gen.ts', wireSource())
