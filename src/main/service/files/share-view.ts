import type { CopySafety } from '../../../shared/file-views.ts'
import type { Cid, PeerId, RecordId } from '../../../shared/ids.ts'
import type { EvidenceView, ShareView } from '../../../shared/views.ts'
import { mediaTypeOf } from './media-type.ts'
import type { Held } from './share-index.ts'
import { isHolding, toldBy, type FileValue, type ShareFacts } from './share-record.ts'

/** What one record says of a file. */
export interface ShareFact {
  readonly id: RecordId
  readonly author: PeerId
  readonly validUntilMs: number
  readonly value: FileValue
  readonly evidence: Omit<EvidenceView, 'fromName'>
}

export interface ShareEyes {
  readonly self: PeerId
  readonly nameOf: (peer: PeerId) => string
  readonly isAlive: (peer: PeerId) => boolean
}

/** Records shown with a file: of a log that a whole course has fetched, the first few say enough. */
const maxEvidence = 16

/** The share that came first; of equals the one with the smaller id, so all peers show the same. */
export function firstShare(
  facts: readonly ShareFact[],
): { readonly fact: ShareFact; readonly share: ShareFacts } | undefined {
  let best: { readonly fact: ShareFact; readonly share: ShareFacts } | undefined
  for (const fact of facts) {
    if (fact.value.kind !== 'share') continue
    const share = fact.value
    const order = best === undefined ? -1 : share.sharedAtMs - best.share.sharedAtMs
    if (best === undefined || order < 0 || (order === 0 && fact.id < best.fact.id)) best = { fact, share }
  }
  return best ?? firstStandIn(facts)
}

/**
 * Of a file that nobody shares any more, but somebody holds, what one of those tells who keep it or have deleted it: the
 * one with the smallest id.
 */
function firstStandIn(facts: readonly ShareFact[]): ReturnType<typeof firstShare> {
  if (!facts.some(({ value }) => isHolding(value))) return undefined
  const [fact] = facts.filter(({ value }) => toldBy(value) !== null).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const share = fact === undefined ? null : toldBy(fact.value)
  return fact === undefined || share === null ? undefined : { fact, share }
}

/**
 * What is to be known of a file when the records about it are gone: what the first share tells, and that it is for all
 * where any share says so. Of several channels it is that of the first.
 */
export function lastingShare(facts: readonly ShareFact[]): ShareFacts | undefined {
  const first = firstShare(facts)?.share
  const isForAll = facts.some(({ value }) => value.kind === 'share' && value.channel === null)
  return first !== undefined && isForAll ? { ...first, channel: null } : first
}

/** Of a file that is kept here, and of which nobody tells anything any more, what was told when it came. */
function firstKept(facts: readonly ShareFact[], self: PeerId, held: Held | undefined): ReturnType<typeof firstShare> {
  const fact = facts.find(({ author, value }) => author === self && value.kind === 'copy')
  if (fact === undefined || held?.said === undefined) return undefined
  const { name, sha1, channel, modifiedAtMs, sharedAtMs, simulated } = held.said
  const saidAtMs = fact.evidence.validFromMs
  const share = {
    name,
    sizeBytes: held.sizeBytes,
    mediaType: mediaTypeOf(name),
    modifiedAtMs: modifiedAtMs ?? saidAtMs,
    sharedAtMs: sharedAtMs ?? saidAtMs,
    simulated: simulated ?? false,
    sha1,
    channel,
    log: null,
  }
  return { fact, share }
}

/** With whom it is shared. Whoever shares it with all lifts what others say of channels. */
function channelsTold(
  { channel }: ShareFacts,
  facts: readonly ShareFact[],
): Pick<ShareView, 'channel' | 'moreChannels'> {
  const told = [channel, ...facts.flatMap(({ value }) => toldBy(value) ?? []).map((one) => one.channel)]
  const names = told.filter((name) => name !== null)
  if (names.length < told.length) return { channel: null }
  const moreChannels = [...new Set(names)].filter((name) => name !== channel)
  return moreChannels.length === 0 ? { channel } : { channel, moreChannels }
}

/**
 * A file as a screen shows it, from all records about it that count now; undefined when nobody shares it, and it is not
 * kept here.
 */
export function shareView(
  cid: Cid,
  facts: readonly ShareFact[],
  { self, nameOf, isAlive }: ShareEyes,
  {
    held,
    ...here
  }: {
    readonly local: boolean
    readonly kept: boolean
    readonly safety: CopySafety
    readonly held: Held | undefined
  },
): ShareView | undefined {
  const first = firstShare(facts) ?? (here.kept ? firstKept(facts, self, held) : undefined)
  if (first === undefined) return undefined
  const { fact, share } = first
  const holding = [fact, ...facts].filter(({ value }) => isHolding(value))
  const holders = [...new Set(holding.map(({ author }) => author))]
  return {
    cid,
    name: share.name,
    sizeBytes: share.sizeBytes,
    mediaType: share.mediaType,
    origin: fact.author,
    originName: nameOf(fact.author),
    simulated: share.simulated,
    modifiedAtMs: share.modifiedAtMs,
    sharedAtMs: share.sharedAtMs,
    copies: holders.map((peer) => ({ peer, name: nameOf(peer), alive: isAlive(peer) })),
    ...here,
    own: facts.some(({ author, value }) => author === self && value.kind === 'share'),
    sha1: share.sha1,
    ...channelsTold(share, facts),
    log: share.log,
  }
}

/** The records behind a file. */
export function shareEvidence(facts: readonly ShareFact[], { nameOf }: Pick<ShareEyes, 'nameOf'>): EvidenceView[] {
  return facts.slice(0, maxEvidence).map(({ evidence }) => ({
    ...evidence,
    fromName: evidence.from === null ? null : nameOf(evidence.from),
  }))
}
