/**
 * A decoder that is given bytes of strangers: valid ones, changed in every way that is known to hurt. It must return,
 * soon, and with no more than its limits allow.
 */
export interface Target {
  readonly name: string
  /** Valid inputs of each form. */
  readonly seeds: readonly Uint8Array[]
  /** What it makes of an input: anything that tells `isTaken` whether it was taken. Must not throw. */
  readonly decode: (input: Uint8Array) => unknown
  /** Inputs that are taken are changed further. Default: none is. */
  readonly isTaken?: (output: unknown) => boolean
  /** How long an input may take, ms. Default 50: it holds up the process. */
  readonly slowMs?: number
}

export interface Fuzzed {
  readonly runs: number
  readonly taken: number
  /** Longest of all runs, ms: of the best of three where one was slow. */
  readonly slowestMs: number
}

/** An input under which a decoder broke its promise. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure'
}

/** No single input may hold up the process for longer. */
const defaultSlowMs = 50
const maxCorpus = 512
/** Larger inputs are only made by growing small ones: all limits are at or below this. */
const maxInputBytes = 1_200_000
/** That an output may hold: some eight times the largest batch. */
const maxOutputBytes = 4 * 1_024 * 1_024

/** Gives a target changed inputs for so long. @param seed the same gives the same inputs */
export async function fuzz(target: Target, options: { readonly ms: number; readonly seed: number }): Promise<Fuzzed> {
  const random = randomOf(options.seed)
  const corpus: Uint8Array[] = [...target.seeds]
  const endMs = performance.now() + options.ms
  const found = { runs: 0, taken: 0, slowestMs: 0 }
  for (const input of target.seeds) await one(target, input, found, corpus)
  if (target.isTaken !== undefined && found.taken === 0) {
    throw new FuzzFailure(`${target.name}: none of its valid inputs is taken`)
  }
  while (performance.now() < endMs) await one(target, mutate(corpus, random), found, corpus)
  return found
}

async function one(
  target: Target,
  input: Uint8Array,
  found: { runs: number; taken: number; slowestMs: number },
  corpus: Uint8Array[],
): Promise<void> {
  const slowMs = target.slowMs ?? defaultSlowMs
  let ms = Number.POSITIVE_INFINITY
  let output: unknown
  // A machine that does other things too makes anything slow once, not three times.
  for (let attempt = 0; attempt < 3 && ms > slowMs; attempt += 1) {
    const startedMs = performance.now()
    try {
      output = target.decode(input)
      if (output instanceof Promise) output = await output
    } catch (cause) {
      throw new FuzzFailure(`${target.name} threw upon ${shown(input)}`, { cause })
    }
    ms = Math.min(ms, performance.now() - startedMs)
  }
  if (ms > slowMs) throw new FuzzFailure(`${target.name} took ${Math.round(ms)} ms for ${shown(input)}`)
  if (bytesOf(output, maxOutputBytes) > maxOutputBytes) {
    throw new FuzzFailure(`${target.name} made more than ${maxOutputBytes} bytes of ${shown(input)}`)
  }
  found.runs += 1
  found.slowestMs = Math.max(found.slowestMs, ms)
  if (target.isTaken?.(output) !== true) return
  found.taken += 1
  if (found.runs <= target.seeds.length) return
  if (corpus.length < maxCorpus) corpus.push(input)
  else corpus[target.seeds.length + (found.runs % (maxCorpus - target.seeds.length))] = input
}

/** What an output holds, roughly; stops counting past the limit. */
export function bytesOf(value: unknown, limit: number): number {
  let sum = 0
  const open: unknown[] = [value]
  const seen = new Set<unknown>()
  for (let item = open.pop(); open.length > 0 || item !== undefined; item = open.pop()) {
    sum += 8
    if (sum > limit) return sum
    if (typeof item === 'string') sum += item.length
    else if (ArrayBuffer.isView(item)) sum += item.byteLength
    else if (typeof item === 'object' && item !== null && !seen.has(item)) {
      seen.add(item)
      if (item instanceof Map || item instanceof Set) for (const one of item) open.push(one)
      else for (const one of Object.values(item)) open.push(one)
    }
  }
  return sum
}

/** Lengths and heads that decoders have tripped over. */
const nasty: readonly (readonly number[])[] = [
  [0x00],
  [0x7f],
  [0x80],
  [0xff],
  [0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff],
  // CBOR: endless and huge arrays, maps, strings; tags; not-a-number; nested arrays.
  [0x9f],
  [0xbf],
  [0x5f],
  [0x9a, 0xff, 0xff, 0xff, 0xff],
  [0xba, 0xff, 0xff, 0xff, 0xff],
  [0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x7a, 0x7f, 0xff, 0xff, 0xff],
  [0xd8, 0x2a, 0x58, 0x25],
  [0xfb, 0x7f, 0xf8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81],
  [0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x1b, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
  // Varints without an end, and the largest.
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  // Text: a name that objects have, an end of line, half a surrogate, a slash too many.
  [...Buffer.from('__proto__')],
  [0x0d, 0x0a],
  [0xed, 0xa0, 0x80],
  [...Buffer.from('//')],
  [...Buffer.from('%00')],
]

function mutate(corpus: readonly Uint8Array[], random: () => number): Uint8Array {
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)]
  const upTo = (n: number): number => Math.floor(random() * n)
  if (random() < 0.02) return Uint8Array.from({ length: upTo(300) }, () => upTo(256))
  let bytes = Buffer.from(pick(corpus) ?? [])
  for (let left = 1 + upTo(4); left > 0; left -= 1) {
    const at = upTo(bytes.length + 1)
    const to = Math.min(bytes.length, at + 1 + upTo(random() < 0.8 ? 8 : bytes.length + 1))
    const [before, inside, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)]
    const other = Buffer.from(pick(corpus) ?? [])
    switch (upTo(9)) {
      case 0:
        if (at < bytes.length) bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << upTo(8)), at)
        break
      case 1:
        if (at < bytes.length) bytes.writeUInt8(upTo(256), at)
        break
      case 2:
        bytes = Buffer.concat([before, after])
        break
      case 3:
        bytes = Buffer.concat([before, inside, inside, after])
        break
      case 4:
        bytes = Buffer.concat([before, Buffer.from(pick(nasty) ?? []), after])
        break
      case 5:
        bytes = Buffer.concat([before, Buffer.from(pick(nasty) ?? []), inside, after])
        break
      case 6:
        bytes = Buffer.concat([before, other.subarray(upTo(other.length + 1))])
        break
      case 7:
        bytes = Buffer.from(before)
        break
      default:
        // Much of the same: depth, long lists, long texts.
        bytes = Buffer.concat([
          before,
          ...Array.from({ length: 1 + upTo(random() < 0.9 ? 40 : 4_000) }, () => inside),
          after,
        ])
    }
    if (bytes.length > maxInputBytes) bytes = bytes.subarray(0, maxInputBytes)
  }
  return Uint8Array.from(bytes)
}

/** Mulberry32: small, and good enough to choose mutations. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function shown(input: Uint8Array): string {
  const hex = Buffer.from(input.subarray(0, 400)).toString('hex')
  return `${input.length} bytes: ${hex}${input.length > 400 ? '…' : ''}`
}
