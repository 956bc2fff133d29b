import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importCheckpoint } from './checkpoint-command.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-import-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const io = { out: () => {}, err: () => {}, progress: () => {} } as never
/** Nobody is there: what is refused before is refused for the file's sake. */
const endpoint = { url: 'http://127.0.0.1:1', token: 'none' } as never

test('a file that is not there, one that may not be read, and what is none are told apart', async () => {
  const secret = join(folder, 'secret.car')
  writeFileSync(secret, 'CAR')
  chmodSync(secret, 0)
  const codeOf = (file: string): Promise<string> =>
    importCheckpoint(file, endpoint, { json: false }, io).then(
      () => 'taken',
      (error: { readonly code: string }) => error.code,
    )
  expect(await codeOf(join(folder, 'gone.car'))).toBe('NOT_FOUND')
  expect(await codeOf(join(secret, 'below a file'))).toBe('NOT_FOUND')
  expect(await codeOf(folder)).toBe('UNSUPPORTED')
  // For root nothing is forbidden.
  if (process.getuid?.() !== 0) expect(await codeOf(secret)).toBe('PERMISSION_DENIED')
})
