// Writes docs/findings.md from src/diagnose/explanations.ts: `npm run generate`.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findingsPage } from './generate/findings-page.ts'

writeFileSync(fileURLToPath(new URL('../docs/findings.md', import.meta.url)), findingsPage())
