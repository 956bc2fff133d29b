import { rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { PeerId } from '../../../shared/ids.ts'
import { diskError } from '../files/disk-error.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { giveName, PartFile, partName } from '../files/write-file.ts'
import type { CheckpointFile } from './whole-checkpoints.ts'

/** A folder, in which the file gets a name of its own; or the very file that a person chose, and may replace. */
export type SavePlace = { readonly folder: string } | { readonly path: string }

/** Writes a checkpoint out, whole or not at all. @throws SwarmError DISK_FULL, PERMISSION_DENIED, FETCH_FAILED */
export async function saveFile(
  file: CheckpointFile,
  place: SavePlace,
  self: PeerId,
): Promise<{ readonly path: string; readonly bytes: number }> {
  const folder = 'folder' in place ? place.folder : dirname(place.path)
  try {
    await makeFolder(folder)
  } catch (error) {
    throw diskError(error, `making the folder ${folder}`)
  }
  const part = await PartFile.create(join(folder, partName(self)))
  try {
    for await (const bytes of file.bytes()) await part.write(bytes)
    await part.sync()
    if ('folder' in place) {
      const path = await giveName(part.path, folder, { name: file.name, cid: file.root })
      return { path, bytes: file.sizeBytes }
    }
    await rename(part.path, place.path).catch((error: unknown) => {
      throw diskError(error, `writing ${basename(place.path)}`)
    })
    return { path: place.path, bytes: file.sizeBytes }
  } finally {
    await part.abandon()
  }
}
