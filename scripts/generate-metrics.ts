// Writes docs/metrics.md from src/pipeline/metrics/metric-definitions.ts: `npm run generate`.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { metricsPage } from './generate/metrics-page.ts'

writeFileSync(fileURLToPath(new URL('../docs/metrics.md', import.meta.url)), metricsPage())
