import type { PeerId } from '../../../shared/ids.ts'
import type { TrustRole } from '../../../shared/trust-views.ts'
import type { SignedRecord } from '../../model/record.ts'
import { decodeTrust } from '../../model/trust-records.ts'
import { fingerprintWords, peerIdPattern } from '../../model/trust-words.ts'

/** What a peer calls itself; null where it is not known. */
export type NameOf = (peer: PeerId) => string | null

/** A peer for people: its name, else the end of its id. */
export function peerName(peer: PeerId, nameOf: NameOf): string {
  return nameOf(peer) ?? `…${fingerprintWords(peer).slice(-9)}`
}

/** A reason of the model, which names peers by their ids, with names in it. */
export function withNames(text: string, nameOf: NameOf): string {
  return text.replace(peerIdPattern, (id) => peerName(id as PeerId, nameOf))
}

/** What a trust record says: "root keys: laptop, server; 2 of 2 must sign", "duckie03 is a robot". */
export function wordsOf({ body }: SignedRecord, nameOf: NameOf): string {
  const statement = decodeTrust(body)
  switch (statement.kind) {
    case 'root': {
      const { version, keys, threshold, name, rules, keeps } = statement.root
      const names = keys.map((key) => peerName(key, nameOf)).join(', ')
      const own = rules.size === 0 ? '' : `; own rules for ${[...rules.keys()].join(', ')}`
      const kept = keeps.length === 0 ? '' : `; keeps ${keeps.length} words of keys that go`
      return `root ${version} of "${name}": ${names}; ${threshold} of ${keys.length} must sign${own}${kept}`
    }
    case 'role': {
      const { subject, roles, revoked, note } = statement.role
      const who = peerName(subject, nameOf)
      const why = note === null ? '' : ` (${note})`
      if (revoked) return `the key of ${who} is revoked${why}`
      return roles.length === 0 ? `${who} has no role any more${why}` : `${who} is ${rolesWords(roles)}${why}`
    }
    case 'ask':
      return `${statement.ask.name} (${fingerprintWords(body.author)}) asks to be admitted as ${rolesWords([statement.ask.role])}`
    case 'bad':
      return `no trust record: ${statement.why}`
  }
}

const people: Readonly<Record<TrustRole, string>> = {
  operator: 'an operator',
  release: 'a releaser',
  robot: 'a robot',
  server: 'a server',
}

/** "an operator and a releaser" */
export function rolesWords(roles: readonly TrustRole[]): string {
  return roles.map((role) => people[role]).join(' and ')
}
