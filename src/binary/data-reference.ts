/** Where an instruction names data by an address that is fixed when the program is linked. */
export interface DataReference {
  /** Of the instruction. */
  readonly vaddr: number;
  /** What it names, at link time. */
  readonly address: number;
  /** How many bytes are read or written there; 0: it only computes the address. */
  readonly bytes: number;
}

/** The references of `code`, in its order. */
export type FindDataReferences = (code: Uint8Array, vaddr: number) => DataReference[];
