/** Messages as ROS writes them, for tests: CDR (ROS 2) and ROS 1 serialization are the same but for padding. */
export class RosBytes {
  #parts: Buffer[] = []

  string(text: string): this {
    return this.bytes(Buffer.from(text))
  }

  /** A length and the bytes. */
  bytes(bytes: Uint8Array): this {
    return this.uint32(bytes.length).raw(bytes)
  }

  uint32(value: number): this {
    const buffer = Buffer.alloc(4)
    buffer.writeUInt32LE(value)
    return this.raw(buffer)
  }

  uint8(value: number): this {
    return this.raw(Uint8Array.of(value))
  }

  float64(value: number): this {
    const buffer = Buffer.alloc(8)
    buffer.writeDoubleLE(value)
    return this.raw(buffer)
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes))
    return this
  }

  done(): Uint8Array {
    return Buffer.concat(this.#parts)
  }
}

/** seq, stamp, frame_id */
export function rosHeader(n: number): Uint8Array {
  return new RosBytes()
    .uint32(n)
    .uint32(1_000 + n)
    .uint32(0)
    .string('camera')
    .done()
}

const headerDefinition = `================================================================================
MSG: std_msgs/Header
uint32 seq
time stamp
string frame_id
`

export const compressedImage = `std_msgs/Header header
string format
uint8[] data
${headerDefinition}`

export const rawImage = `std_msgs/Header header
uint32 height
uint32 width
string encoding
uint8 is_bigendian
uint32 step
uint8[] data
${headerDefinition}`

export const pose = `std_msgs/Header header
geometry/Point position
float64[3] spread
geometry/Point[] path
string[] names
bool ok
================================================================================
MSG: geometry/Point
float64 x
float64 y
${headerDefinition}`
