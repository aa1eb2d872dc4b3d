// `npm run generate`: Grafana's dashboards, from scripts/generate/dashboard-panels.ts.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dashboards } from './generate/dashboards.ts'

for (const [name, dashboard] of Object.entries(dashboards()))
  writeFileSync(`deploy/grafana/${name}`, JSON.stringify(dashboard))
execFileSync(process.execPath, ['node_modules/oxfmt/bin/oxfmt', '--write', 'deploy/grafana'], { stdio: 'ignore' })
