import { randomInt } from 'node:crypto'
import { expect, it } from 'vitest'
import { blockTargets } from './block-targets.ts'
import { fileTargets } from './file-targets.ts'
import { fuzz } from './fuzzer.ts'
import { logTargets } from './log-targets.ts'
import { recordTargets } from './record-targets.ts'
import { wireTargets } from './wire-targets.ts'

/**
 * Every decoder that strangers can reach: changed valid inputs and random bytes. It must not throw, take long or make
 * much of little. About a minute in all; `npm run fuzz -- SECONDS` gives each so long, `FUZZ_SEED` repeats a run.
 */
const secondsEach = Number(process.env['FUZZ_SECONDS'] ?? 2)
const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31))

it.each(
  [...(await recordTargets()), ...wireTargets(), ...blockTargets(), ...fileTargets(), ...(await logTargets())].map(
    (target) => [target.name, target] as const,
  ),
)(
  `%s (FUZZ_SEED=${seed})`,
  async (_, target) => {
    const { runs, taken, slowestMs } = await fuzz(target, { ms: secondsEach * 1_000, seed })
    process.stdout.write(`${target.name}: ${runs} inputs, ${taken} taken, slowest ${slowestMs.toFixed(1)} ms\n`)
    expect(runs).toBeGreaterThan(20)
  },
  secondsEach * 1_000 + 60_000,
)
