import type { ApiClient } from '../../../shared/contract/contract.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import { parseUri } from '../../service/files/uri.ts'

/** Of the file that a person means; only a SHA-1 has to be looked up. @throws SwarmError INVALID_INPUT, NOT_FOUND */
export async function cidOf(api: ApiClient, text: string): Promise<Cid> {
  const uri = parseUri(text)
  if (uri.kind === 'cid') return uri.cid
  const { cid } = await api.files.find({ uri: text })
  if (cid !== null) return cid as Cid
  throw new SwarmError('NOT_FOUND', `nobody is known to have ${text}`)
}
