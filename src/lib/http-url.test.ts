import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHttpUrl, shownUrl } from './http-url.ts'

test('what is no URL of HTTP is refused, and not told', () => {
  assert.equal(parseHttpUrl('https://me:secret@example.org/a?b=c').href, 'https://me:secret@example.org/a?b=c')
  for (const text of ['', 'example.org', 'ftp://me:secret@example.org/', '/hook', 'http://'])
    assert.throws(() => parseHttpUrl(text), { message: 'a URL that begins with http:// or https:// is wanted' }, text)
})

test('shown without what may be secret', () => {
  assert.equal(shownUrl(new URL('https://me:secret@example.org:8080/a/b/?token=c#d')), 'https://example.org:8080/a/b')
  assert.equal(shownUrl(new URL('http://example.org')), 'http://example.org')
})
