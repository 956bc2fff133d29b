import { parse } from '@foxglove/rosmsg'
import { MessageReader } from '@foxglove/rosmsg2-serialization'
import type { MessageForm } from './recording.ts'
import { Ros1Reader } from './ros1-reader.ts'

/** A message as plain values; null when it cannot be read. */
export type DecodeMessage = (data: Uint8Array) => unknown

/** Definitions of all parts of the largest messages in use are some 20 KiB. */
const maxDefinitionBytes = 256 * 1_024
/** A picture in JSON is its bytes in base64. */
const maxJsonBytes = 16 * 1_024 * 1_024

/** Null when it is not known how such messages are written. */
export function messageDecoder(form: MessageForm): DecodeMessage | null {
  if (form.definition.length > maxDefinitionBytes) return null
  try {
    const decode = decoderOf(form)
    return decode === null ? null : (data) => attempt(() => decode(data))
  } catch {
    return null
  }
}

function decoderOf({ kind, definition }: MessageForm): DecodeMessage | null {
  switch (kind) {
    case 'ros1': {
      const reader = new Ros1Reader(parse(definition))
      return (data) => reader.read(data)
    }
    case 'ros2': {
      const reader = new MessageReader(parse(definition, { ros2: true }))
      return (data) => reader.readMessage(data)
    }
    case 'json':
      return (data) => (data.length > maxJsonBytes ? null : (JSON.parse(Buffer.from(data).toString()) as unknown))
    case 'other':
      return null
  }
}

/** What a stranger's message makes a reader throw is no news: it cannot be read. */
function attempt(decode: () => unknown): unknown {
  try {
    return decode()
  } catch {
    return null
  }
}
