/** A zip file of entries that say how large they would be, without their contents: what its list is made of. */
export function makeZip(entries: readonly { readonly name: string; readonly sizeBytes: number }[]): Buffer {
  const list = entries.map(({ name, sizeBytes }) => {
    const bytes = Buffer.from(name)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(0x800, 8)
    entry.writeUInt16LE(8, 10)
    entry.writeUInt32LE(20, 20)
    entry.writeUInt32LE(sizeBytes, 24)
    entry.writeUInt16LE(bytes.length, 28)
    return Buffer.concat([entry, bytes])
  })
  // The local head of a first file, which is never read.
  const local = Buffer.from('PK\x03\x04'.padEnd(64, '\0'), 'latin1')
  const directory = Buffer.concat(list)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, directory, end])
}
