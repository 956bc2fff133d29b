import { IconBan, IconCheck, IconPencil } from '@tabler/icons-react'
import type { SignerView } from '../../shared/trust-views.ts'
import { shortId } from '../format.ts'
import { hrefOf } from '../route.ts'
import { Age } from './Age.tsx'
import { NamedPeer } from './PeerName.tsx'
import { rolesWords } from './Standing.tsx'

const verdicts = {
  propose: { Icon: IconPencil, word: 'signed it' },
  endorse: { Icon: IconCheck, word: 'endorsed' },
  dismiss: { Icon: IconBan, word: 'dismissed' },
} as const

/** Why a signature has no weight. */
function whyNot({ standing, roles }: SignerView): string {
  if (standing === 'stranger') return 'does not count: a stranger’s'
  if (standing === 'revoked') return 'does not count: its key is revoked'
  return roles.length === 0 ? 'does not count: no role' : 'does not count under this rule'
}

/** Who signed, as what, when, and whether it counts. */
export function Signers({ signers }: { readonly signers: readonly SignerView[] }) {
  return (
    <ul className="signers" aria-label="Signatures">
      {signers.map((signer) => {
        const { Icon, word } = verdicts[signer.verdict]
        return (
          <li key={`${signer.peer} ${signer.verdict}`} data-counts={signer.counts}>
            <Icon className="icon" stroke={1.8} aria-hidden />
            <span className="signer-who">
              <NamedPeer peer={signer.peer}>
                <a className="clip" dir="auto" href={hrefOf({ page: 'robot', peer: signer.peer, tab: 'records' })}>
                  {signer.name ?? shortId(signer.peer)}
                </a>
              </NamedPeer>{' '}
              <span className="dim">{word}</span>
            </span>
            <span className="dim signer-when">
              <Age atMs={signer.atMs} />
            </span>
            <span className={signer.counts ? 'level-ok' : 'level-look'} style={{ gridColumn: '2 / -1' }}>
              {signer.counts
                ? `counts, as ${signer.standing === 'root' ? 'a root key' : rolesWords(signer.roles)}`
                : whyNot(signer)}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
