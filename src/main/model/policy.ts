import type { TrustRole } from '../../shared/trust-views.ts'

/**
 * Whose signatures make a record of a bucket count. The author's signature is one of them when it has the role; a
 * peer's `endorse` is another. Revoked keys and strangers weigh nothing.
 */
export interface BucketRule {
  /** The author must have one of these roles; empty: anybody may author, strangers too. */
  readonly authors: readonly TrustRole[]
  /** So many peers with one of these roles must have signed (author included). A count of 0 asks for none. */
  readonly endorse: { readonly roles: readonly TrustRole[]; readonly count: number }
  /** So many peers with one of these roles can dismiss another's record; the author alone always can. 0: nobody else. */
  readonly dismiss: { readonly roles: readonly TrustRole[]; readonly count: number }
}
