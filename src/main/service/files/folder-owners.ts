import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'

/** Named in the error: more than a person chooses from. */
const maxNamed = 5

/**
 * Who shares what below a folder of one name. Robots call their folders alike, and two of them written out as one would
 * be neither.
 */
export class FolderOwners {
  readonly #all = new Set<string>()
  readonly #byOwner = new Map<PeerId, Set<string>>()

  add(owner: PeerId, cid: Cid, name: string): void {
    const file = `${cid} ${name}`
    this.#all.add(file)
    const files = this.#byOwner.get(owner)
    if (files === undefined) this.#byOwner.set(owner, new Set([file]))
    else files.add(file)
  }

  /**
   * Tells who has all that is in it: the others, if any, share a part of the same. Undefined: nobody has anything in it.
   * @throws SwarmError INVALID_INPUT when several have it, each with something of its own
   */
  mustBeOne(folder: string, nameOf: (peer: PeerId) => string): PeerId | undefined {
    const owners = [...this.#byOwner].toSorted(([, a], [, b]) => b.size - a.size)
    const [owner, all] = owners[0] ?? [undefined, new Set()]
    if (all.size === this.#all.size) return owner
    const names = owners.map(([peer]) => nameOf(peer))
    const shown = owners.slice(0, maxNamed).map(([peer, files], n) => {
      const name = names[n] ?? peer
      const isAlone = names.indexOf(name) === names.lastIndexOf(name)
      return `${isAlone ? name : `${name} …${peer.slice(-8)}`} (${files.size === 1 ? '1 file' : `${files.size} files`})`
    })
    const more = owners.length - shown.length
    throw new SwarmError(
      'INVALID_INPUT',
      `${owners.length} machines share a folder "${folder.replace(/\/+$/, '')}", and not the same in it: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}. Say whose is meant: --robot on the command line, "origin" in the API.`,
    )
  }
}
