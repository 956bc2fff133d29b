import { CID } from 'multiformats/cid'
import { SwarmError } from '../../../shared/errors.ts'

/** @throws SwarmError INVALID_INPUT */
export function parseCid(cid: string): CID {
  try {
    return CID.parse(cid)
  } catch (error) {
    throw new SwarmError('INVALID_INPUT', `"${cid.slice(0, 120)}" is no CID.`, { cause: error })
  }
}
