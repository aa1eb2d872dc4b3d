import { Btf, type BtfType } from './btf.ts'

/** Types of the border that a hand-written reader and writer of src/wire/fields.ts turn into something handier. */
const special: Record<string, { type: string; read: string; write: string }> = {
  wl_address: { type: 'string', read: 'readAddress', write: 'writeAddress' },
}

/** The type whose values go to the kernel; all other structs come from it. */
const encoded = 'wl_config'

/** Structs that begin with this member are ring records, those with this suffix iterators': read in place, being many. */
const recordMember = 'kind'
const recordSuffix = '_record'

/** WL_COMM_BYTES: texts of this size are met again and again. */
const commBytes = 16

interface Field {
  name: string
  type: string
  /** Byte offset in its struct. */
  offset: number
  /** Of a type that has a class or functions of its own here. */
  isStruct: boolean
  decode: (at: string) => string
  encode: (at: string, value: string) => string
}

/**
 * The TypeScript of the border: for each `wl_` struct its size and, for a ring record and what is in it, a class that
 * reads it in place; for the configuration and what is in it an interface and an encoder; for others an interface and a
 * decoder. For each `wl_` enum its values. And the layout that is compared with the object's at load.
 *
 * @param dump what `bpftool btf dump --json` printed
 * @throws on a type that has no place on the border: a pointer, a bit-field, a union
 */
export function generateWire(dump: { types: BtfType[] }): string {
  const btf = new Btf(dump)
  const named = btf.types.filter((type) => type.name?.startsWith('wl_'))
  const structs = named.filter((type) => type.kind === 'STRUCT' && !special[type.name]).toSorted(byName)
  const enums = named.filter((type) => type.kind === 'ENUM').toSorted(byName)
  const toKernel = new Set(reachable(btf, encoded))
  const records = structs.filter(
    ({ name, members }) => members?.[0]?.name === recordMember || name.endsWith(recordSuffix),
  )
  const inPlace = new Set(records.flatMap(({ name }) => reachable(btf, name)))
  const structSource = (struct: BtfType): string =>
    inPlace.has(struct.name)
      ? viewSource(btf, struct)
      : toKernel.has(struct.name)
        ? encoderSource(btf, struct)
        : decoderSource(btf, struct)
  const body = [...enums.map(enumSource), ...structs.map(structSource), layoutSource(btf, structs)]
  const used = [
    'readAddress',
    'readLongText',
    'readText',
    'readU32s',
    'readU64',
    'writeAddress',
    'writeEach',
    'writeU32s',
    'writeU64',
  ].filter((name) => body.some((text) => text.includes(`${name}(`)))
  return [
    '// Generated from the BTF of bpf/wire/wire.h by `npm run generate`. Not to be edited.\n',
    `import { ${used.join(', ')} } from './fields.ts'\n`,
    ...body,
  ].join('\n')
}

function byName(a: BtfType, b: BtfType): number {
  return a.name < b.name ? -1 : 1
}

/** Names of the structs within the struct of that name, itself included. */
function reachable(btf: Btf, name: string): string[] {
  const struct = btf.types.find((type) => type.kind === 'STRUCT' && type.name === name)
  const inner = (struct?.members ?? []).map((member) => {
    const type = btf.resolve(member.type_id)
    return type.kind === 'ARRAY' ? btf.resolve(type.type_id ?? 0) : type
  })
  return [name, ...inner.filter((type) => type.kind === 'STRUCT').flatMap((type) => reachable(btf, type.name))]
}

function enumSource(type: BtfType): string {
  const prefix = `${type.name.toUpperCase()}_`
  const entries = (type.values ?? []).map(
    ({ name, val }) => `  ${camelCase(name.replace(prefix, '').toLowerCase())}: ${val},`,
  )
  return `export const ${pascalCase(type.name)} = {\n${entries.join('\n')}\n} as const\n`
}

function sizeSource(struct: BtfType): string {
  return `export const ${camelCase(`${struct.name.slice(3)}_bytes`)} = ${struct.size}\n`
}

function interfaceSource(struct: BtfType, fields: Field[]): string[] {
  return [
    `export interface ${pascalCase(struct.name)} {`,
    ...fields.map(({ name, type }) => `  ${name}: ${type}`),
    '}\n',
  ]
}

function encoderSource(btf: Btf, struct: BtfType): string {
  const name = pascalCase(struct.name)
  const fields = fieldsOf(btf, struct)
  return [
    ...interfaceSource(struct, fields),
    sizeSource(struct),
    `export function encode${name}(view: DataView, offset: number, value: ${name}): void {`,
    ...fields.map((field) => `  ${field.encode(at(field.offset), `value.${field.name}`)}`),
    '}\n',
  ].join('\n')
}

function decoderSource(btf: Btf, struct: BtfType): string {
  const name = pascalCase(struct.name)
  const fields = fieldsOf(btf, struct)
  return [
    ...interfaceSource(struct, fields),
    sizeSource(struct),
    `export function decode${name}(view: DataView, offset: number): ${name} {`,
    '  return {',
    ...fields.map((field) => `    ${field.name}: ${field.decode(at(field.offset))},`),
    '  }',
    '}\n',
  ].join('\n')
}

/** A class whose getters read at an offset that moves: no object is made for a record. */
function viewSource(btf: Btf, struct: BtfType): string {
  const name = pascalCase(struct.name)
  const fields = fieldsOf(btf, struct, (type, offset) => `new ${type}(view).at(${offset})`)
  const inner = fields.filter(({ isStruct }) => isStruct)
  const moved = inner.map((field) => `    this.${field.name}.at(${at(field.offset)})`)
  const read = (field: Field): string => {
    const offset = field.offset === 0 ? 'this.#offset' : `this.#offset + ${field.offset}`
    return field.decode(offset).replace('view', 'this.#view')
  }
  return [
    sizeSource(struct),
    '/** Reads in place: what it says changes with the bytes below it and with at(). */',
    `export class ${name} {`,
    '  readonly #view: DataView',
    '  #offset = 0',
    ...inner.map(({ name: field, type }) => `  readonly ${field}: ${type}`),
    '',
    '  constructor(view: DataView) {',
    '    this.#view = view',
    ...inner.map(({ name: field, type }) => `    this.${field} = new ${type}(view)`),
    '  }',
    '',
    '  /** Moves to the record that begins there. */',
    '  at(offset: number): this {',
    '    this.#offset = offset',
    ...moved,
    '    return this',
    '  }',
    ...fields
      .filter(({ isStruct }) => !isStruct)
      .map((field) => `\n  get ${field.name}(): ${field.type} {\n    return ${read(field)}\n  }`),
    '}\n',
  ].join('\n')
}

function at(offset: number): string {
  return offset === 0 ? 'offset' : `offset + ${offset}`
}

/** How the struct of that TypeScript name is read at an offset. */
type DecodeStruct = (type: string, offset: string) => string

const decodeByFunction: DecodeStruct = (type, offset) => `decode${type}(view, ${offset})`

function fieldsOf(btf: Btf, struct: BtfType, decodeStruct = decodeByFunction): Field[] {
  return (struct.members ?? [])
    .filter((member) => !member.name.startsWith('_pad'))
    .map((member) => {
      if (member.bitfield_size) throw new Error(`${struct.name}.${member.name} is a bit-field`)
      const access = accessOf(btf, btf.resolve(member.type_id), decodeStruct)
      return { name: camelCase(member.name), offset: member.bits_offset / 8, ...access }
    })
}

function accessOf(btf: Btf, type: BtfType, decodeStruct: DecodeStruct): Omit<Field, 'name' | 'offset'> {
  const known = special[type.name]
  if (known) {
    return {
      isStruct: false,
      type: known.type,
      decode: (offset) => `${known.read}(view, ${offset})`,
      encode: (offset, value) => `${known.write}(view, ${offset}, ${value})`,
    }
  }
  switch (type.kind) {
    case 'INT':
      return integerAccess(type)
    case 'STRUCT':
      return {
        isStruct: true,
        type: pascalCase(type.name),
        decode: (offset) => decodeStruct(pascalCase(type.name), offset),
        encode: (offset, value) => `encode${pascalCase(type.name)}(view, ${offset}, ${value})`,
      }
    case 'ARRAY':
      return arrayAccess(btf, type, decodeStruct)
    default:
      throw new Error(`a ${type.kind} (${type.name}) has no place on the border`)
  }
}

function integerAccess(type: BtfType): Omit<Field, 'name' | 'offset'> {
  const bits = (type.size ?? 0) * 8
  if (bits === 64) {
    return {
      isStruct: false,
      type: 'number',
      decode: (offset) => `readU64(view, ${offset})`,
      encode: (offset, value) => `writeU64(view, ${offset}, ${value})`,
    }
  }
  const order = bits > 8 ? ', true' : ''
  return {
    isStruct: false,
    type: 'number',
    decode: (offset) => `view.getUint${bits}(${offset}${order})`,
    encode: (offset, value) => `view.setUint${bits}(${offset}, ${value}${order})`,
  }
}

function arrayAccess(btf: Btf, type: BtfType, decodeStruct: DecodeStruct): Omit<Field, 'name' | 'offset'> {
  const element = btf.resolve(type.type_id ?? 0)
  const count = type.nr_elems ?? 0
  const bytes = btf.sizeOf(element)
  if (element.name === 'char') {
    return {
      isStruct: false,
      type: 'string',
      decode: (offset) =>
        bytes * count === commBytes ? `readText(view, ${offset})` : `readLongText(view, ${offset}, ${count})`,
      encode: () => {
        throw new Error('text does not go to the kernel')
      },
    }
  }
  if (element.kind === 'INT' && bytes === 4) {
    return {
      isStruct: false,
      type: 'Uint32Array',
      decode: (offset) => `readU32s(view, ${offset}, ${count})`,
      encode: (offset, value) => `writeU32s(view, ${offset}, ${value}, ${count})`,
    }
  }
  const inner = accessOf(btf, element, decodeStruct)
  return {
    isStruct: false,
    type: `${inner.type}[]`,
    decode: (offset) => `Array.from({ length: ${count} }, (_, i) => ${inner.decode(`${offset} + ${bytes} * i`)})`,
    encode: (offset, value) =>
      `writeEach(${value}, ${count}, (item, i) => ${inner.encode(`${offset} + ${bytes} * i`, 'item')})`,
  }
}

function layoutSource(btf: Btf, structs: BtfType[]): string {
  const entries = structs.map((struct) => {
    const members = (struct.members ?? []).map(
      (member) =>
        `      { name: '${member.name}', offset: ${member.bits_offset / 8}, size: ${btf.sizeOf(btf.resolve(member.type_id))} },`,
    )
    return `  ${struct.name}: {\n    size: ${struct.size},\n    members: [\n${members.join('\n')}\n    ],\n  },`
  })
  return `/** What this file was generated for: bytes, from the start of each struct. */\nexport const wireLayout = {\n${entries.join('\n')}\n} as const\n`
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function pascalCase(name: string): string {
  return camelCase(name.replace(/^wl/, ''))
}
