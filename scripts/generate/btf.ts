/** One type as `bpftool btf dump --json` prints it; only what the generator reads. */
export interface BtfType {
  id: number
  kind: string
  name: string
  /** Bytes. */
  size?: number
  type_id?: number
  nr_elems?: number
  encoding?: string
  members?: { name: string; type_id: number; bits_offset: number; bitfield_size?: number }[]
  values?: { name: string; val: number }[]
}

/** The types of one BPF object, by their numbers. */
export class Btf {
  readonly types: readonly BtfType[]

  constructor(dump: { types: BtfType[] }) {
    this.types = dump.types
  }

  /** The type of that number, seen through typedefs and qualifiers. */
  resolve(id: number): BtfType {
    for (let next = id; ;) {
      const type = this.types[next - 1]
      if (type?.id !== next) throw new Error(`the BTF dump has no type ${next}`)
      if (!['TYPEDEF', 'CONST', 'VOLATILE', 'RESTRICT'].includes(type.kind) || type.type_id === undefined) return type
      next = type.type_id
    }
  }

  /** Bytes that one value takes. */
  sizeOf(type: BtfType): number {
    if (type.kind === 'ARRAY') return (type.nr_elems ?? 0) * this.sizeOf(this.resolve(type.type_id ?? 0))
    if (type.size === undefined) throw new Error(`type ${type.name} has no size`)
    return type.size
  }
}
