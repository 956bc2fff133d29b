import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import { transferSchema, type TransferView } from '../../../shared/views.ts'
import type { Endpoint } from './endpoint.ts'
import { messageOf } from './exit-code.ts'
import type { Io } from './io.ts'
import { putFile } from './put-file.ts'
import { bytesText, printable } from './words.ts'

/** `dt-swarm share FILE...`: false when any of them could not be shared. */
export async function shareFiles(
  files: readonly string[],
  endpoint: Endpoint,
  options: { readonly json: boolean },
  io: Io,
): Promise<boolean> {
  const results: object[] = []
  let failed = 0
  for (const file of files) {
    try {
      const { cid, name, sizeBytes } = await upload(file, endpoint, io)
      results.push({ file, cid, name, sizeBytes, error: null })
      if (!options.json) io.out(`${cid ?? ''} ${printable(name)}`)
    } catch (error) {
      // Without a daemon the next file would fare no better.
      if (error instanceof SwarmError && (error.code === 'NO_DAEMON' || error.code === 'UNAUTHORIZED')) throw error
      failed += 1
      results.push({ file, cid: null, name: basename(file), sizeBytes: null, error: messageOf(error) })
      io.note(`dt-swarm: ${printable(messageOf(error))}`)
    }
  }
  if (options.json) io.out(JSON.stringify(results, null, 2))
  return failed === 0
}

async function upload(file: string, endpoint: Endpoint, io: Io): Promise<TransferView> {
  const facts = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file' : String(cause.code ?? cause)
    throw new SwarmError('NOT_FOUND', `"${file}" cannot be shared: ${why}`, { cause })
  })
  if (!facts.isFile()) throw new SwarmError('UNSUPPORTED', `"${file}" cannot be shared: it is not a file`)
  const name = basename(file)
  const answer = await putFile(`${endpoint.url}/api/files/upload?name=${encodeURIComponent(name)}`, endpoint, {
    file,
    sizeBytes: facts.size,
    onBytes: (done) => io.progress(`${printable(name)}: ${bytesText(done)} of ${bytesText(facts.size)}`),
  })
  return transferSchema.parse(JSON.parse(answer))
}
