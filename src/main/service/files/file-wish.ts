import type { Cid } from '../../../shared/ids.ts'
import type { FoundFile } from './folder-scan.ts'

/** One file, and what is to become of it. */
export interface FileWish {
  /** Where it lies now, what it was when it was found, and the name that it shall have. */
  readonly file: FoundFile
  /** here: it lies in the share folder. link: it is shared where it lies, elsewhere. copy: into the share folder. */
  readonly how: 'here' | 'link' | 'copy'
  /** With whom it is to be shared; null: with all. Undefined: with whom it was, or else with all. */
  readonly channel: string | null | undefined
  /** It came by itself: when its content is shared already, that copy will do. */
  readonly single: boolean
}

export interface SharedFile {
  readonly cid: Cid
  readonly sizeBytes: number
  readonly path: string
  /** It was shared before, or its content was. */
  readonly before: boolean
  /** What whoever shared it should know, in words. */
  readonly note?: string
}
