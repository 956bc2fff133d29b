import type { Frame } from './log-job.ts'
import { encodePng } from './png.ts'
import type { RecordedChannel } from './recording.ts'

type Picture = Omit<Frame, 'atMs'>

/** A picture of a robot's camera is 50 KiB to 1 MiB. */
const maxPictureBytes = 8 * 1_024 * 1_024
/** 4K. */
const maxPixels = 3_840 * 2_160

/** Channels per pixel, and which of them are red, green and blue. */
const rawEncodings: Readonly<Record<string, { readonly channels: 1 | 3 | 4; readonly swap: boolean }>> = {
  mono8: { channels: 1, swap: false },
  '8UC1': { channels: 1, swap: false },
  rgb8: { channels: 3, swap: false },
  bgr8: { channels: 3, swap: true },
  '8UC3': { channels: 3, swap: true },
  rgba8: { channels: 4, swap: false },
  bgra8: { channels: 4, swap: true },
}

/** By the type of the messages: sensor_msgs/CompressedImage and Image, of ROS 1 and 2, and Foxglove's own. */
export function hasPictures({ type, form }: RecordedChannel): boolean {
  return form.kind !== 'other' && /(^|[/.])(CompressedImage|RawImage|Image)$/.test(type)
}

/** The picture in a message: JPEG and PNG as they are, raw ones as PNG. Null: it has none, or one that is not shown. */
export function pictureOf(message: unknown): Picture | null {
  if (typeof message !== 'object' || message === null || !('data' in message)) return null
  const bytes = bytesOf(message.data)
  if (bytes === null || bytes.length > Math.max(maxPictureBytes, maxPixels * 4)) return null
  const mediaType = pictureType(bytes)
  // A copy: what it is cut from is a whole chunk.
  if (mediaType !== null) return bytes.length > maxPictureBytes ? null : { mediaType, bytes: bytes.slice() }
  return rawPicture(message, bytes)
}

/** By its first bytes: what a browser is given as a picture is one. */
export function pictureType(bytes: Uint8Array): Picture['mediaType'] | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 8)).toString('latin1')
  if (head === '\x89PNG\r\n\x1a\n') return 'image/png'
  return head.startsWith('\xff\xd8\xff') ? 'image/jpeg' : null
}

function bytesOf(data: unknown): Uint8Array | null {
  if (data instanceof Uint8Array) return data
  // In JSON, bytes are base64.
  return typeof data === 'string' ? Buffer.from(data, 'base64') : null
}

function rawPicture(message: object, bytes: Uint8Array): Picture | null {
  const { width, height, encoding, step } = { width: 0, height: 0, encoding: '', step: 0, ...message }
  if (typeof encoding !== 'string' || !Object.hasOwn(rawEncodings, encoding)) return null
  const raw = rawEncodings[encoding]
  if (raw === undefined || !isSize(width) || !isSize(height) || !isSize(step)) return null
  const rowBytes = width * raw.channels
  if (width * height > maxPixels || step < rowBytes || bytes.length < step * (height - 1) + rowBytes) return null
  const pixels = new Uint8Array(rowBytes * height)
  for (let y = 0; y < height; y++) pixels.set(bytes.subarray(y * step, y * step + rowBytes), y * rowBytes)
  if (raw.swap) {
    for (let at = 0; at < pixels.length; at += raw.channels) {
      const [blue, red] = [pixels[at] ?? 0, pixels[at + 2] ?? 0]
      pixels[at] = red
      pixels[at + 2] = blue
    }
  }
  return { mediaType: 'image/png', bytes: encodePng(width, height, raw.channels, pixels) }
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}
