import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** Lints one file, as if it lay at that path of the project, with the project's own rules. */
function lint(folder: string, path: string, source: string): { readonly code: number | null; readonly output: string } {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, source)
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  const done = spawnSync(process.execPath, [oxlint, path], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { code: done.status, output: done.stdout + done.stderr }
}

describe('import arrows', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dt-swarm-arrows-'))
    // Globs of a configuration are relative to its file, so the project's own is re-exported from here.
    const config = pathToFileURL(join(root, 'oxlint.config.ts')).href
    writeFileSync(join(folder, 'oxlint.config.ts'), `export { default } from '${config}'\n`)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each([
    ['src/shared/x.ts', '../main/model/y.ts'],
    ['src/shared/x.ts', 'node:fs'],
    ['src/main/model/x.ts', '../store/y.ts'],
    ['src/main/model/x.ts', '../base/y.ts'],
    ['src/main/model/x.ts', 'node:fs'],
    ['src/main/store/x.ts', '../net/y.ts'],
    ['src/main/net/channels/x.ts', '../../service/files/y.ts'],
    ['src/main/net/x.ts', 'node:sqlite'],
    ['src/main/service/files/x.ts', '../../shell/y.ts'],
    ['src/main/service/trust/x.ts', 'libp2p'],
    ['src/main/service/trust/x.ts', 'helia'],
    ['src/main/service/trust/x.ts', '../../peer.ts'],
    ['src/main/lab/x.ts', '../shell/y.ts'],
    ['src/main/shell/web/x.ts', 'electron'],
    ['src/main/shell/web/x.ts', 'node:sqlite'],
    ['src/preload/x.ts', '../main/peer.ts'],
    ['src/renderer/pages/x.ts', '../../main/model/y.ts'],
    ['src/renderer/pages/x.ts', 'electron'],
  ])('refuses %s importing %s', (path, target) => {
    const { code, output } = lint(folder, path, `import { y } from '${target}'\n\nexport const x = y\n`)
    expect(output).toContain('no-restricted-imports')
    expect(code).toBe(1)
  })

  it.each([
    ['src/main/model/x.ts', '../../shared/ids.ts'],
    ['src/main/net/channels/x.ts', '../../model/y.ts'],
    ['src/main/net/x.ts', 'libp2p'],
    ['src/main/store/x.ts', 'node:sqlite'],
    ['src/main/service/files/x.ts', 'helia'],
    ['src/main/shell/electron/x.ts', 'electron'],
    ['src/main/shell/api/x.ts', '../../service/files/y.ts'],
    ['src/renderer/pages/x.ts', '../../shared/views.ts'],
  ])('allows %s importing %s', (path, target) => {
    const { code, output } = lint(folder, path, `import { y } from '${target}'\n\nexport const x = y\n`)
    expect(output).not.toContain('no-restricted-imports')
    expect(code).toBe(0)
  })
})
