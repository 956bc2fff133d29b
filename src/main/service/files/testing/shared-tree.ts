import { randomBytes } from 'node:crypto'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FilePeer } from './file-peers.ts'

/** A folder of a robot's run, beside the share folder. */
export async function tree(a: FilePeer): Promise<string> {
  const dir = join(a.disk, 'run-17')
  await mkdir(join(dir, 'cameras', 'left'), { recursive: true })
  await mkdir(join(dir, '.git'))
  await writeFile(join(dir, '.git', 'config'), 'x')
  await writeFile(join(dir, 'notes.txt'), 'it drove')
  await writeFile(join(dir, 'cameras', 'left', 'one.bin'), randomBytes(2_000_000))
  await writeFile(join(dir, 'cameras', 'left', 'empty'), '')
  await writeFile(join(dir, 'cameras', 'two.bin'), randomBytes(300_000))
  await symlink('/etc/hostname', join(dir, 'outside'))
  return dir
}
/** What of it is shared. */
export const treeNames = [
  'run-17/cameras/left/empty',
  'run-17/cameras/left/one.bin',
  'run-17/cameras/two.bin',
  'run-17/notes.txt',
]

/** What a peer knows to be shared. */
export const namesOf = (peer: FilePeer): string[] =>
  peer.files.shares
    .all()
    .map(({ name }) => name)
    .toSorted()
