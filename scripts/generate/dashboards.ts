import type { Dashboard as GrafanaDashboard } from '@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen'
import { fleetPanels, hostPanels, servicePanels, type PanelSpec } from './dashboard-panels.ts'

/** A type of Grafana's as JSON has it: values of enumerations are what they are written as. */
export type Plain<T> = T extends string
  ? `${T}`
  : T extends number
    ? number
    : T extends readonly (infer Element)[]
      ? Plain<Element>[]
      : T extends object
        ? { [Key in keyof T]: Plain<T[Key]> }
        : T

export type Dashboard = Plain<GrafanaDashboard>
type Panel = Extract<NonNullable<Dashboard['panels']>[number], { targets?: unknown }>
type Variable = NonNullable<NonNullable<Dashboard['templating']>['list']>[number]

const source = { type: 'prometheus', uid: '${datasource}' }
const panelHeight = 8
const columns = 24

/** Every dashboard by its file's name in deploy/grafana. */
export function dashboards(): Record<string, Dashboard> {
  return {
    'wirelag-host.json': dashboard('wirelag-host', 'wirelag / host', hostPanels, [
      query('instance', 'Host', 'label_values(wirelag_build_info, instance)', false),
    ]),
    'wirelag-service.json': dashboard('wirelag-service', 'wirelag / service', servicePanels, [
      query('service', 'Service', 'label_values(wirelag_tcp_connections, service)', false),
      query('instance', 'Host', 'label_values(wirelag_tcp_connections{service="$service"}, instance)', true),
      ...httpVariables,
    ]),
    'wirelag-fleet.json': dashboard('wirelag-fleet', 'wirelag / fleet', fleetPanels, httpVariables),
  }
}

/** An HTTP histogram of whatever measures it, in seconds, and its series that are meant. */
const httpVariables: Variable[] = [
  query('http', 'HTTP histogram', 'metrics(.*http.*(duration|latency).*seconds_bucket)', false),
  {
    name: 'httpFilter',
    label: 'HTTP filter',
    type: 'textbox',
    query: '',
    current: { text: '', value: '' },
    description: 'Label matchers, as code="200",job="web"; nothing: all of it.',
  },
]

function dashboard(uid: string, title: string, panels: readonly PanelSpec[], variables: Variable[]): Dashboard {
  const links = { asDropdown: false, icon: 'external link', includeVars: true, keepTime: true, targetBlank: false }
  return {
    uid,
    title,
    tags: ['wirelag'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    links: [{ ...links, title: 'wirelag', type: 'dashboards', tags: ['wirelag'], tooltip: '', url: '' }],
    templating: {
      list: [{ name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' }, ...variables],
    },
    panels: placed(panels),
  }
}

function query(name: string, label: string, text: string, isMany: boolean): Variable {
  return {
    name,
    label,
    type: 'query',
    datasource: source,
    query: { query: text, refId: name },
    refresh: 2,
    sort: 1,
    multi: isMany,
    includeAll: isMany,
    ...(isMany ? { allValue: '.*', current: { text: 'All', value: '$__all' } } : {}),
  }
}

/** From left to right, and down. */
function placed(specs: readonly PanelSpec[]): Panel[] {
  let x = 0
  let y = 0
  return specs.map((spec, i) => {
    const w = spec.width ?? columns / 2
    if (x + w > columns) [x, y] = [0, y + panelHeight]
    const panel = panelOf(spec, i + 1, { h: panelHeight, w, x, y })
    x += w
    return panel
  })
}

function panelOf(spec: PanelSpec, id: number, gridPos: { h: number; w: number; x: number; y: number }): Panel {
  const { title, description, unit, kind = 'timeseries', thresholds = [], overlay } = spec
  const isNow = kind === 'table'
  const steps = [{ color: 'green', value: null }, ...thresholds.map(([value, color]) => ({ value, color }))]
  return {
    id,
    type: kind,
    title,
    description,
    gridPos,
    datasource: source,
    targets: spec.queries.map(([expr, legendFormat], i) => ({
      refId: String.fromCodePoint(65 + i),
      datasource: source,
      expr,
      legendFormat,
      ...(isNow ? { instant: true, format: 'table' } : { range: true }),
      exemplar: spec.hasExemplars === true,
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(kind === 'timeseries'
          ? { custom: { fillOpacity: 8, lineWidth: 1, showPoints: 'never', spanNulls: true } }
          : {}),
        ...(thresholds.length > 0 ? { thresholds: { mode: 'absolute', steps } } : {}),
      },
      overrides: overlay === undefined ? [] : [overlayOverride(overlay)],
    },
    options:
      kind === 'timeseries'
        ? {
            legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
            tooltip: { mode: 'multi', sort: 'desc' },
          }
        : {},
  }
}

/** Another unit is drawn against the axis on the right. */
function overlayOverride({ name, unit }: { name: string; unit: string }): {
  matcher: { id: string; options: string }
  properties: { id: string; value: unknown }[]
} {
  return {
    matcher: { id: 'byName', options: name },
    properties: [
      { id: 'unit', value: unit },
      { id: 'custom.axisPlacement', value: 'right' },
      { id: 'custom.lineWidth', value: 3 },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'text' } },
    ],
  }
}
