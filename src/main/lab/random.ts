/** Numbers in [0, 1) that a seed decides. */
export type Random = () => number

/** mulberry32: small, quick, and the same on every machine; for simulations, never for keys. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The seed of the n-th of several things made from one seed: neighbours in number are not neighbours in what comes out. */
export function subSeed(seed: number, index: number): number {
  return Math.floor(seeded((seed ^ Math.imul(index + 1, 0x9e_37_79_b9)) >>> 0)() * 4_294_967_296)
}

/** Uniform in [min, max). */
export function between(random: Random, min: number, max: number): number {
  return min + random() * (max - min)
}
