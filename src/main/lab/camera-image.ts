import { crc32, deflateSync } from 'node:zlib'
import type { BodyState } from './body.ts'

/** Small: the picture shows that there is one, not what a real camera sees. */
const width = 80
const height = 60
const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

/**
 * What a robot's camera might see: a grey road between a yellow and a white line, leaning as the robot turns.
 * @returns a PNG, RGB, 80 by 60
 */
export function cameraImage(state: BodyState): Uint8Array {
  // One filter byte (0: none) before each row.
  const pixels = new Uint8Array((width * 3 + 1) * height)
  const dash = Math.floor((state.x + state.y) * 10)
  for (let y = 0; y < height; y++) {
    const depth = (y - height * 0.4) / (height * 0.6)
    for (let x = 0; x < width; x++) {
      const at = y * (width * 3 + 1) + 1 + x * 3
      const across = depth <= 0 ? 0 : (x / width - 0.5 - state.turn * 0.1 * (1 - depth)) / (0.15 + depth * 0.6)
      pixels.set(colourAt(depth, across, dash + y), at)
    }
  }
  return Buffer.concat([
    signature,
    chunk('IHDR', header()),
    chunk('IDAT', deflateSync(pixels, { level: 1 })),
    chunk('IEND', new Uint8Array(0)),
  ])
}

function colourAt(depth: number, across: number, dash: number): readonly [number, number, number] {
  if (depth <= 0) return [170, 200, 225]
  if (Math.abs(across - 0.45) < 0.05) return [240, 240, 240]
  if (Math.abs(across + 0.45) < 0.04 && dash % 12 < 8) return [235, 200, 40]
  return Math.abs(across) < 0.6 ? [70, 70, 74] : [60, 120, 60]
}

function header(): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(13))
  bytes.setUint32(0, width)
  bytes.setUint32(4, height)
  bytes.setUint8(8, 8)
  bytes.setUint8(9, 2)
  return new Uint8Array(bytes.buffer)
}

/** A PNG chunk: length, type, data, CRC of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const result = Buffer.alloc(body.length + 8)
  result.writeUInt32BE(data.length, 0)
  body.copy(result, 4)
  result.writeUInt32BE(crc32(body), body.length + 4)
  return result
}
