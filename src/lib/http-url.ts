/**
 * A URL of HTTP, with or without a user name and a password.
 *
 * @throws SyntaxError, which does not tell the text: it may hold a secret
 */
export function parseHttpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new SyntaxError('a URL that begins with http:// or https:// is wanted')
  return url
}

/** Fit to be shown: without user name, password and query, which may hold secrets. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/$/, '')}`
}
