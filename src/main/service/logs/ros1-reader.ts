import type { parse } from '@foxglove/rosmsg'
import { LogProblem } from './log-problem.ts'

type MessageDefinition = ReturnType<typeof parse>[number]
type MessageDefinitionField = MessageDefinition['definitions'][number]
type Values = Readonly<Record<string, unknown>>

/** Values of one message; those that lie in arrays of messages are counted one by one. */
const maxValues = 20_000
/** Types of types; a definition may name itself. */
const maxDepth = 16
/** Of an array of numbers so many are read, the rest is passed over. */
const maxArrayValues = 1_024

const sizes: Readonly<Record<string, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  byte: 1,
  char: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
  time: 8,
  duration: 8,
}

/**
 * Reads ROS 1 messages (https://wiki.ros.org/msg, little-endian, no padding) by walking their definition. The library's
 * own reader makes a program out of the definition and runs it; definitions in logs come from strangers.
 */
export class Ros1Reader {
  readonly #root: MessageDefinition
  readonly #types: ReadonlyMap<string, MessageDefinition>

  /** @throws LogProblem when there is no definition */
  constructor(definitions: readonly MessageDefinition[]) {
    const root = definitions.find(({ name }) => name === undefined) ?? definitions[0]
    if (root === undefined) throw new LogProblem('it does not say how its messages are written')
    this.#root = root
    this.#types = new Map(definitions.flatMap((one) => (one.name === undefined ? [] : [[one.name, one] as const])))
  }

  /** Bytes (`uint8[]`) are a view of the message's. @throws LogProblem when the message does not fit its definition */
  read(bytes: Uint8Array): Values {
    return new Reading(this.#types, bytes).message(this.#root, 0)
  }
}

class Reading {
  readonly #types: ReadonlyMap<string, MessageDefinition>
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  #left = maxValues

  constructor(types: ReadonlyMap<string, MessageDefinition>, bytes: Uint8Array) {
    this.#types = types
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  message({ definitions }: MessageDefinition, depth: number): Values {
    if (depth > maxDepth) throw new LogProblem('its messages are nested too deep')
    // Not an object of the usual kind: a field may be called "__proto__".
    const values = Object.create(null) as Record<string, unknown>
    // A message without fields counts too, or an array of four thousand million of them would be read.
    this.#spend()
    for (const field of definitions) {
      if (field.isConstant === true) continue
      values[field.name] = field.isArray === true ? this.#array(field, depth) : this.#one(field, depth)
    }
    return values
  }

  #array(field: MessageDefinitionField, depth: number): unknown {
    const length = field.arrayLength ?? this.#view.getUint32(this.#step(4), true)
    if (field.type === 'uint8' || field.type === 'byte' || field.type === 'char') {
      const at = this.#step(length)
      return this.#bytes.subarray(at, at + length)
    }
    const size = field.isComplex === true ? undefined : sizes[field.type]
    const values: unknown[] = []
    const count = size === undefined ? length : Math.min(length, maxArrayValues)
    for (let index = 0; index < count; index++) values.push(this.#one(field, depth))
    if (size !== undefined) this.#step((length - count) * size)
    return values
  }

  #one(field: MessageDefinitionField, depth: number): unknown {
    if (field.isComplex === true) {
      const type = this.#types.get(field.type)
      if (type === undefined) throw new LogProblem('it does not say how all of its messages are written')
      return this.message(type, depth + 1)
    }
    this.#spend()
    const size = sizes[field.type]
    if (size !== undefined) return this.#number(field.type, this.#step(size))
    if (field.type !== 'string' && field.type !== 'wstring') throw new LogProblem('its messages have an unknown type')
    const length = this.#view.getUint32(this.#step(4), true)
    const at = this.#step(length)
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + at, Math.min(length, 4_096)).toString()
  }

  #number(type: string, at: number): unknown {
    switch (type) {
      case 'bool':
        return this.#view.getUint8(at) !== 0
      case 'int8':
      case 'byte':
        return this.#view.getInt8(at)
      case 'uint8':
      case 'char':
        return this.#view.getUint8(at)
      case 'int16':
        return this.#view.getInt16(at, true)
      case 'uint16':
        return this.#view.getUint16(at, true)
      case 'int32':
        return this.#view.getInt32(at, true)
      case 'uint32':
        return this.#view.getUint32(at, true)
      case 'float32':
        return this.#view.getFloat32(at, true)
      case 'float64':
        return this.#view.getFloat64(at, true)
      case 'int64':
        return Number(this.#view.getBigInt64(at, true))
      case 'uint64':
        return Number(this.#view.getBigUint64(at, true))
      default:
        // time, duration
        return { sec: this.#view.getInt32(at, true), nsec: this.#view.getInt32(at + 4, true) }
    }
  }

  #spend(): void {
    this.#left -= 1
    if (this.#left < 0) throw new LogProblem('one of its messages has too many values')
  }

  #step(length: number): number {
    const at = this.#at
    if (at + length > this.#bytes.length) throw new LogProblem('its messages are shorter than their definition')
    this.#at += length
    return at
  }
}
