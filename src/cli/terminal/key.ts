/** What readline tells of a key. */
export interface Keypress {
  name?: string | undefined
  sequence?: string | undefined
  ctrl?: boolean | undefined
  meta?: boolean | undefined
}

/** A key: `up`, `return`, `escape`, `ctrl+c`; or the character that it types. */
export interface Key {
  name: string
  /** Undefined where it types none. */
  character: string | undefined
}

/** Undefined for what is no key that is known. */
export function keyOf(text: string | undefined, press: Keypress): Key | undefined {
  const { name, ctrl = false, meta = false } = press
  if (ctrl) return name === undefined ? undefined : { name: `ctrl+${name}`, character: undefined }
  if (name === 'escape') return { name, character: undefined }
  if (meta) return undefined
  const typed = text ?? press.sequence
  if (typed !== undefined && /^[^\p{Cc}\p{Cf}\p{Cs}]$/u.test(typed))
    return { name: typed === ' ' ? 'space' : typed, character: typed }
  return name === undefined ? undefined : { name: name === 'enter' ? 'return' : name, character: undefined }
}
