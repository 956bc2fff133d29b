/** Counters in the groups in which one asks for them. */
const counterGroups = [
  'Came and went',
  'Refused',
  'Dropped or tried again',
  'Trouble on this machine',
  'Others',
] as const
export type CounterGroup = (typeof counterGroups)[number]

export interface CounterWords {
  readonly group: CounterGroup
  /** What it means, in a sentence, and what to do where there is something to do. */
  readonly meaning: string
}

const went = counterGroups[0]
const refused = counterGroups[1]
const again = counterGroups[2]
const trouble = counterGroups[3]
const others = counterGroups[4]

/** By the beginning of the name; the longest that fits counts. docs/troubleshooting.md says more of those that matter most. */
const words: readonly (readonly [start: string, group: CounterGroup, meaning: string])[] = [
  ['gossip.received', went, 'Records that neighbours sent, known ones included.'],
  ['gossip.sent', went, 'Records of this peer that were sent.'],
  ['gossip.sent-to-nobody', went, 'Sent while no neighbour listened; they get it by catching up.'],
  ['ingest.added', went, 'New records that passed every check and were kept.'],
  ['verify.checks', went, 'Signatures that were checked.'],
  ['catch-up.rounds', went, 'Times that the two asked each other while they compared what they hold.'],
  ['catch-up.bytes', went, 'Bytes that comparing cost, records included.'],
  ['line-catch-up.done', went, 'The same over channels that carry only lines.'],
  ['brain.sent', went, 'Messages that were put on a channel, those passed on from another included.'],
  ['dispatcher.forwarded', went, 'Addressed messages of others that were sent on along the routes.'],
  ['checkpoints.made', went, 'Checkpoints that this peer made.'],
  ['checkpoints.announced', went, 'Checkpoints that this peer announced.'],
  ['checkpoints.endorsed', went, 'Checkpoints of others that this peer signed, for it holds the same.'],
  ['checkpoints.taken', went, 'Checkpoints that were taken over from the swarm.'],
  ['checkpoints.imported', went, 'Checkpoints that were taken over from a file.'],
  ['time.stepped', went, 'Times that swarm time was set anew on this peer.'],
  ['trust.admitted', went, 'Machines that this peer admitted by itself, for they came with its invite.'],
  ['catch-up.done', went, 'Rounds in which this peer and a neighbour told each other what was missing.'],
  ['files.block:fetched', went, 'Pieces of files that were fetched from others.'],
  ['files.collect:done', went, 'Rounds in which pieces of files that nobody needs any more were removed.'],
  ['files.collect:blocks', went, 'Pieces of files that were removed because nobody needs them any more.'],
  ['files.collect:bytes', went, 'Bytes that this freed.'],
  ['catch-up.trusted', went, 'Such rounds with members of the swarm.'],
  ['files.block:came-bytes', went, 'Bytes of files that came from others.'],
  ['files.block:sent', went, 'Pieces of files that were given to others.'],
  ['files.block:sent-bytes', went, 'Bytes of files that were given to others.'],
  ['files.copy:removed', went, 'Copies that were removed to make room, and their bytes.'],
  ['files.store:moved-bytes', went, 'Bytes that were moved between the embedded store and Kubo.'],
  ['files.kubo:unpinned', went, 'Pins of ours that were taken back in Kubo, for nobody needs them any more.'],
  ['seek.provided', went, 'Questions for a file that this peer answered: it has it.'],
  ['pinning.asked', went, 'Files that a pinning service was asked to keep.'],
  ['pinning.pin', went, 'States of pins as their services told them.'],
  ['brain.spared', went, 'Messages not sent, for somebody else on the same channel had said them.'],
  ['brain.replaced', went, 'Records not sent, for a newer one in their place was.'],
  ['archive.', went, 'What this peer did as an archive of the swarm.'],
  ['archive.copy:kept', went, 'Files of others that this peer keeps as an archive.'],
  ['recorder.saved', went, 'Times that the last minutes were saved as a log.'],
  ['recorder.fault', went, 'Faults that the flight recorder saw.'],
  ['dial.network-changed', went, 'The network of this machine changed; peers were dialled anew.'],
  ['ingest.refused', refused, 'Records that were not taken.'],
  ['ingest.refused:bad-signature', refused, 'Records whose signature does not match: damaged, or forged.'],
  ['ingest.refused:future', refused, 'Records dated more than 10 minutes ahead: set the clock of their author.'],
  ['ingest.refused:expired', refused, 'Records past their validity: late, or the clock of one of us is wrong.'],
  ['ingest.refused:superseded', refused, 'Older than what is known already; harmless.'],
  ['ingest.refused:known', refused, 'Known already; harmless.'],
  ['ingest.refused:oversize', refused, 'Records larger than any may be.'],
  ['ingest.refused:malformed', refused, 'Records that cannot be read.'],
  ['ingest.refused:not-canonical', refused, 'Records whose bytes are not in the one form that is signed.'],
  ['ingest.refused:rate', refused, 'Records of an author that sends more than its bucket allows.'],
  ['ingest.refused:quota', refused, 'Records of an author that has as many as its bucket allows.'],
  ['ingest.refused:stranger', refused, 'Records of machines that nobody has admitted, where only members may write.'],
  ['ingest.refused:revoked', refused, 'Records of a revoked key.'],
  ['ingest.refused:dismissed', refused, 'Records that were dismissed, and do not come back.'],
  ['brain.refused', refused, 'Messages that were not taken.'],
  ['channels.refused', refused, 'Lines of a channel that cannot be read, or are of another swarm.'],
  [
    'channels.blamed',
    refused,
    'Times that a sender was blamed for what it sent; those who go on are not heard any more.',
  ],
  ['time.refused', refused, 'Answers about the time that cannot be, or came too often.'],
  ['network.refused', refused, 'Lists of neighbours that are not valid.'],
  [
    'checkpoints.refused',
    refused,
    'Checkpoints with missing, added or changed parts; their announcers are not believed.',
  ],
  ['checkpoints.refused:file', refused, 'Files that are no checkpoint, or one of another swarm.'],
  ['gossip.refused', refused, 'Messages of a neighbour that behaves badly.'],
  ['catch-up.refused', refused, 'Requests to catch up that were garbled, or came while too many ran.'],
  ['membership.refused', refused, 'Announcements of machines that are not valid, or more than can be known.'],
  ['diagnostics.refused', refused, 'Health summaries whose values are not valid.'],
  ['files.record', refused, 'Records of files whose values are not valid.'],
  [
    'files.skipped',
    refused,
    'Files of the share folder that were left out: unreadable, badly named, too many, or in the home of a peer.',
  ],
  ['links.refused:revoked', refused, 'Links of revoked machines.'],
  [
    'links.refused:certificate-time',
    refused,
    'Links whose certificate is of another time: one clock of the two is wrong.',
  ],
  ['files.refused:wrong-block', refused, 'Pieces of files that were not what was asked for; who sent them is blamed.'],
  ['files.refused:wrong-sha1', refused, 'Files that did not have the SHA-1 that was said of them.'],
  ['files.refused:not-for-them', refused, 'Questions for files of a file channel by peers that have not joined it.'],
  ['files.refused:bad-question', refused, 'Questions for pieces of files that cannot be read.'],
  ['files.refused:bad-channel', refused, 'Records of file channels that are not valid.'],
  ['logs.refused', refused, 'Files that were not looked into: broken, too slow to read, or too many at once.'],
  ['seek.refused', refused, 'Questions for files and answers that are not valid, from strangers, or too many.'],
  ['courier.refused', refused, 'Files on a stick that no record names, or whose bytes are not what it says.'],
  ['mark.refused', refused, 'Marks of moments by those who may not set them, or that cannot be read.'],
  ['recorder.refused', refused, 'Faults whose minutes were not saved: the last ones had just been.'],
  ['web.refused', refused, 'Calls to the web side without token, from a foreign origin, too large or garbled.'],
  ['window.refused', refused, 'Requests of the window that were not valid.'],
  ['brain.dropped', again, 'Messages not passed on: too many hops, or a channel too slow for them.'],
  ['channels.dropped', again, 'Messages that a channel did not carry: it is off, slow, or nobody is there.'],
  ['channels.failed', again, 'Channels that broke; they are tried again.'],
  ['dispatcher.unsent', again, 'Addressed messages for which no way was known.'],
  ['line-catch-up.failed', again, 'Catching up over lines broke off; it is tried again.'],
  ['time.failed', again, 'Asking a neighbour for the time failed; it is tried again.'],
  ['checkpoints.failed', again, 'Making or taking over a checkpoint failed; it is tried again.'],
  ['checkpoints.shelf', again, 'The list of checkpoints was damaged or could not be saved; it is made again.'],
  ['network.failed', again, 'Telling who is heard, or saving routes, failed; it is tried again.'],
  ['trust.failed', trouble, 'What this peer believes of its swarm could not be saved, or a machine not admitted.'],
  ['ingest.dropped', again, 'More came than could be kept in time; catching up brings it.'],
  ['gossip.lost-stream', again, 'A neighbour closed its stream; it was opened anew.'],
  ['gossip.failed', again, 'Messages that could not be sent to a neighbour.'],
  ['catch-up.failed', again, 'Catching up with a neighbour broke off; it is tried again.'],
  ['dial.failed', again, 'Peers that did not answer: the address or a firewall is wrong, or they are off.'],
  ['links.cut:garbage', again, 'Links cut because the peer sent what is not ours.'],
  ['links.cut', again, 'Links cut because the peer no longer answered.'],
  ['files.provider', again, 'Holders of a file that did not deliver; others were asked.'],
  ['files.fetch-failed', again, 'Fetches that failed. What came is kept; the next try goes on from there.'],
  ['files.collect', again, 'Removing pieces of files that nobody needs failed or was put off; it is tried again.'],
  ['files.hashing:again', again, 'Files that changed while they were read; they were read anew.'],
  ['files.block:not-given', again, 'Pieces of files that were asked for and are not here.'],
  ['archive.copy:failed', again, 'Files that this archive could not fetch; it is tried again.'],
  ['seek.unanswered', again, 'Neighbours that did not say in time whether they have a file.'],
  ['pinning.failed', again, 'Calls of a pinning service that failed; it is tried again.'],
  ['files.kubo:not-asked', again, 'Pieces that Kubo could not be asked for; it is asked again.'],
  ['files.failed:channel', again, 'Joining or leaving a file channel could not be told; it is tried again.'],
  ['files.renew', again, 'Records of our files that could not be renewed; it is tried again.'],
  ['files.withdraw', again, 'Files that are shared no more, which could not be told to the others; it is tried again.'],
  [
    'files.deleted',
    again,
    'Deleted files of which others have copies, which could not be told; their copies may be missing in lists.',
  ],
  ['files.share-failed', trouble, 'Files that could not be shared: see the transfers.'],
  [
    'files.block:corrupt',
    trouble,
    'Pieces on disk that did not match their hash; they are fetched again. Check the disk.',
  ],
  [
    'files.share-folder',
    trouble,
    'The share folder cannot be read: fix its permissions, or choose another in Settings.',
  ],
  ['archive.copy:no-room', trouble, 'Files that this archive has no room for: give it more, or keep fewer.'],
  ['files.hash-thread', trouble, 'A thread that reads files ended; another was started.'],
  ['files.pins', trouble, 'The list of pieces that are kept was damaged or could not be saved; it is made again.'],
  ['brain.failed', trouble, 'Messages of channels that this peer failed to take.'],
  ['courier.left-out', trouble, 'Files that could not be read from or written to a stick, and were left out.'],
  ['courier.failed', trouble, 'Copying to or from a stick that failed: see the Logs page.'],
  ['recorder.failed', trouble, 'Times that the last minutes could not be saved.'],
  ['files.watch', trouble, 'The system refused to watch the share folder; it is scanned from time to time instead.'],
  ['files.index', trouble, 'The list of shared files was damaged or could not be saved; it is made again.'],
  ['node.unavailable:mdns', trouble, 'Peers cannot be found by mDNS on this machine: use bootstrap addresses.'],
  ['node.unavailable:quic', trouble, 'QUIC cannot run on this machine; TCP is used.'],
  ['store.', trouble, 'The database was damaged or could not be read; records come back from the swarm.'],
  ['diagnostics.failed', trouble, 'The health of this machine could not be measured, kept or told.'],
  ['membership.failed', trouble, 'This peer could not announce itself; it is tried again.'],
  ['ingest.failed', trouble, 'Records that could not be written.'],
  ['verify.thread-lost', trouble, 'A thread that checks signatures ended; another was started.'],
  ['process.failed', trouble, 'Mistakes of the program that it went on after; its log says which.'],
  ['upkeep.failed', trouble, 'Housekeeping that failed; it is tried again.'],
  ['window.crashed', trouble, 'Windows of the app that crashed.'],
  ['api.failed', trouble, 'Calls of this window or of scripts that failed.'],
  ['web.failed', trouble, 'Calls to the web side that failed.'],
]

/** What a counter means. One that this window does not know is still shown, in a group of its own. */
export function counterWords(name: string): CounterWords {
  let best: (typeof words)[number] | undefined
  for (const one of words) if (name.startsWith(one[0]) && one[0].length > (best?.[0].length ?? 0)) best = one
  return best === undefined
    ? { group: others, meaning: 'Counted by this peer; this window does not know the name.' }
    : { group: best[1], meaning: best[2] }
}

export interface CounterRow {
  readonly name: string
  readonly count: number
  readonly meaning: string
}

/** All counters by group, in the order of the groups; empty groups are left out. */
export function groupCounters(
  counters: Readonly<Record<string, number>>,
): readonly { readonly group: CounterGroup; readonly rows: readonly CounterRow[] }[] {
  const known = Object.entries(counters)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => ({ name, count, ...counterWords(name) }))
  return counterGroups
    .map((group) => ({ group, rows: known.filter((row) => row.group === group) }))
    .filter(({ rows }) => rows.length > 0)
}
