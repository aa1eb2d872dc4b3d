// `npm run generate`: Grafana's dashboards, from scripts/generate/dashboard-panels.ts.
import { writeFileSync } from 'node:fs'
import { dashboards } from './generate/dashboards.ts'

for (const [name, dashboard] of Object.entries(dashboards()))
  writeFileSync(`deploy/grafana/${name}`, `${JSON.stringify(dashboard, undefined, 2)}\n`)
