/** `npm run fuzz [-- SECONDS]`: gives every decoder changed inputs, each for so long (default 10 s). */
import { ensureInstalled, root, runTool, toolEnv } from './ready.mjs'

const seconds = Number(process.argv[2] ?? 10)
if (!(seconds > 0)) {
  console.error('say for how many seconds each decoder is tried: npm run fuzz -- 60')
  process.exit(2)
}
process.chdir(root)
await ensureInstalled()
process.exit(
  await runTool('vitest/vitest.mjs', ['run', '--project', 'fuzz'], { env: toolEnv({ FUZZ_SECONDS: `${seconds}` }) }),
)
