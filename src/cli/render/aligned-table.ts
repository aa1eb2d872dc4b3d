/**
 * A table that is known whole: columns as wide as their widest cell, numbers and sizes to the right; or tab-separated.
 *
 * @param rows the first is the header
 */
export function alignedTable(rows: readonly (readonly string[])[], isTerminal: boolean): string[] {
  if (!isTerminal) return rows.map((row) => row.join('\t'))
  const columnCount = Math.max(0, ...rows.map((row) => row.length))
  const columns = Array.from({ length: columnCount }, (_, i) => rows.map((row) => row[i] ?? ''))
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => cell.length)))
  const isNumber = columns.map((cells) => cells.slice(1).every((cell) => /^[\d.,+>-]*( [kMGTP]?B)?$/.test(cell)))
  return rows.map((row) =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
