/**
 * `npm test [-- vitest options]`: installs what is missing, then lint, format, types, build and every test.
 * With options (e.g. `npm test -- --project unit`) it runs just those tests.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildKuboBehind } from '../kubo.mjs'
import { ensureBrowser, ensureNetworkTools, ensurePython } from './browser.mjs'
import { ensureBuilt, ensureInstalled, root, runTool, toolEnv } from './ready.mjs'

const options = process.argv.slice(2)
const checks = [
  ['lint', 'oxlint/bin/oxlint', ['--type-aware']],
  ['format', 'oxfmt/bin/oxfmt', ['--check']],
  ['types (node)', 'typescript/bin/tsc', ['-p', 'tsconfig.node.json']],
  ['types (web)', 'typescript/bin/tsc', ['-p', 'tsconfig.web.json']],
]

async function check() {
  let failed = 0
  for (const [name, script, args] of checks) {
    const code = await runTool(script, args)
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`)
    if (code !== 0) failed += 1
  }
  return failed
}

async function test(extra) {
  const folder = mkdtempSync(join(tmpdir(), 'dt-swarm-test-'))
  const report = join(folder, 'report.json')
  try {
    const code = await runTool(
      'vitest/vitest.mjs',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...extra],
      {
        env: toolEnv({
          DT_SWARM_CHROMIUM: ensureBrowser(),
          DT_SWARM_TEST_BUILT: '1',
          ELECTRON_SKIP_BINARY_DOWNLOAD: '1',
        }),
      },
    )
    const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null
    return { code, result }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.chdir(root)
let stopBuilding = () => {}
try {
  await ensureInstalled()
  // Built behind all others, for the tests that come last and wait for it.
  stopBuilding = options.length === 0 || options.includes('kubo') ? buildKuboBehind() : stopBuilding
  const failedChecks = options.length === 0 ? await check() : 0
  await ensureBuilt()
  ensureNetworkTools()
  ensurePython()
  const { code, result } = await test(options)
  const passed = result?.numPassedTests ?? 0
  const failed = (result?.numFailedTests ?? 0) + failedChecks
  const skipped = (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0)
  const broken = code !== 0 && failed === 0 ? 1 : 0
  console.log(`${passed} passed, ${failed + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  stopBuilding()
  process.exit(code === 0 && failedChecks === 0 && passed > 0 ? 0 : 1)
} catch (error) {
  stopBuilding()
  console.error(`dt-swarm: ${error.message}`)
  process.exit(1)
}
