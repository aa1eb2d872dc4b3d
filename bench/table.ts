/** What one bench measured: a GitHub table with a title and a word on how. */
export interface Table {
  title: string
  method: string
  header: string[]
  rows: string[][]
}

export function tableText({ title, method, header, rows }: Table): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`
  return [`## ${title}`, '', method, '', line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

/** `median (least – greatest)` of some figures. */
export function spread(values: readonly number[], digits: number, unit = ''): string {
  const sorted = values.toSorted((a, b) => a - b)
  const text = (value: number | undefined): string => (value ?? Number.NaN).toFixed(digits)
  return `${text(median(values))}${unit} (${text(sorted[0])} – ${text(sorted.at(-1))})`
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
