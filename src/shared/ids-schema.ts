import { z } from 'zod'
import { isCid, isPeerId, isRecordId, type Cid, type PeerId, type RecordId } from './ids.ts'

/** Validators of the branded ids. */
export const peerIdSchema = z.custom<PeerId>((v) => typeof v === 'string' && isPeerId(v), 'a peer id: 12D3KooW…')
export const recordIdSchema = z.custom<RecordId>((v) => typeof v === 'string' && isRecordId(v), 'a record id: bafyrei…')
export const cidSchema = z.custom<Cid>((v) => typeof v === 'string' && isCid(v), 'a CID: bafy… or Qm…')
