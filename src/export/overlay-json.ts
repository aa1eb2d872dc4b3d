/** What moved with the p95 of HTTP services, in some time. */
interface Overlay {
  /** Milliseconds since 1970. */
  fromUnixMs: number
  toUnixMs: number
  findings: readonly object[]
  unexplained: readonly string[]
}

/** Member `http` of a `diagnosis`; undefined where nothing of HTTP is recorded. */
export function overlayJson(overlay: Overlay | undefined): Record<string, unknown> | undefined {
  if (!overlay) return undefined
  const { fromUnixMs, toUnixMs, findings, unexplained } = overlay
  return { fromUnixNs: unixNsText(fromUnixMs), toUnixNs: unixNsText(toUnixMs), findings, unexplained }
}

function unixNsText(unixMs: number): string {
  return String(BigInt(Math.round(unixMs)) * 1_000_000n)
}
