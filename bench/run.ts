/**
 * `npm run bench [-- NAME…]`: runs the benches named, or all, one after the other. Each is a file of its own that
 * measures its baseline in the same run and prints ratios: only they can be compared between machines.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Run only when they are named: they take many minutes or much room. */
const slow = ['big']
/** What benches are made of. */
const parts = ['run', 'brain-sockets', 'ingest-records', 'kubo-pair', 'page-watch', 'raw-verify', 'task-trace']

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((name) => !name.endsWith('-peer') && !parts.includes(name))
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(', ')}; there are: ${names.join(', ')}`)
  process.exit(2)
}

let failed = 0
for (const name of wanted.length > 0 ? wanted : names.filter((one) => !slow.includes(one))) {
  console.log(`\n# ${name}`)
  const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, `${name}.ts`)]
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) failed += 1
}
process.exit(failed === 0 ? 0 : 1)
