export type LogLevel = 'info' | 'warning' | 'error' | 'finding' | 'alert'

/** Takes what the agent has to say; fields are what scripts look for. */
export type AgentLog = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void
