import type { LogFormat } from '../../../shared/log-views.ts'
import { bagMagic } from './bag-records.ts'
import { mcapMagic } from './mcap-records.ts'

/** By the first bytes, which do not lie as names do; names only tell kinds of text apart. */
export function detectFormat(
  head: Uint8Array,
  about: { readonly name: string; readonly mediaType: string },
): LogFormat {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length)
  const begins = (magic: string, at = 0): boolean => bytes.toString('latin1', at, at + magic.length) === magic
  // All versions: those that cannot be read are told so.
  if (begins(bagMagic.slice(0, 8))) return 'rosbag'
  if (begins(Buffer.from(mcapMagic.subarray(0, 5)).toString('latin1'))) return 'mcap'
  if (
    begins('\x89PNG\r\n\x1a\n') ||
    begins('\xff\xd8\xff') ||
    begins('GIF8') ||
    begins('BM') ||
    (begins('RIFF') && begins('WEBP', 8))
  ) {
    return begins('BM') && !/\.bmp$/i.test(about.name) ? textOr('other', bytes, about) : 'image'
  }
  if (begins('PK\x03\x04') || begins('PK\x05\x06') || begins('\x1f\x8b') || begins('ustar', 257)) return 'archive'
  return textOr('other', bytes, about)
}

function textOr(
  other: LogFormat,
  bytes: Buffer,
  about: { readonly name: string; readonly mediaType: string },
): LogFormat {
  if (bytes.length === 0 || !isText(bytes)) return other
  return /\.(csv|tsv)$/i.test(about.name) || /^text\/(csv|tab-separated-values)/.test(about.mediaType) ? 'csv' : 'text'
}

/** No zero bytes (unless it says that it is UTF-16), and hardly any control characters. */
function isText(bytes: Buffer): boolean {
  if (bytes.length >= 2 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))) {
    return true
  }
  let odd = 0
  for (const byte of bytes) {
    if (byte === 0) return false
    // Tab, line ends, form feed, escape (coloured logs) are what text has.
    if (byte < 32 && ![9, 10, 11, 12, 13, 27].includes(byte)) odd += 1
  }
  return odd * 50 <= bytes.length
}
