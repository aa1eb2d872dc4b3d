import { printable } from '../lib/printable.ts'
import type { AgentLog, LogLevel } from '../pipeline/agent/agent-log.ts'
import { Output } from './output.ts'
import { stylesFor, type Styles } from './render/styles.ts'

/** Writes what the agent says to standard output: for people with the time, or as JSON, an object a line. */
export function agentLog(isJson: boolean): AgentLog {
  const output = new Output(process.stdout)
  const styles = stylesFor(output.isTerminal)
  return (level, message, fields = {}) => {
    const time = new Date().toISOString()
    if (isJson) output.line(JSON.stringify({ kind: 'log', time, level, message, ...fields }))
    else for (const line of textOf(time, level, message, fields, styles)) output.line(line)
    output.flush()
  }
}

function textOf(
  time: string,
  level: LogLevel,
  message: string,
  { evidence, confirm, advice }: Readonly<Record<string, unknown>>,
  styles: Styles,
): string[] {
  const word = level === 'info' ? level : level === 'warning' ? styles.yellow(level) : styles.red(level)
  const more = [
    ...(Array.isArray(evidence) ? evidence.map((line) => `    - ${String(line)}`) : []),
    ...(typeof confirm === 'string' ? [`    confirm: ${confirm}`] : []),
    ...(typeof advice === 'string' ? [`    try: ${advice}`] : []),
  ]
  return [`${styles.dim(time)} ${word} ${printable(message)}`, ...more.map((line) => styles.dim(printable(line)))]
}
