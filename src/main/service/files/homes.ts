import type { BigIntStats } from 'node:fs'
import { lstat, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'

/** What the home of any dt-swarm peer holds: its private key, and one of these beside it. */
const keyFile = 'identity.json'
const besideKey = ['swarm.db', 'swarm.json', 'web-token']

export const inHome = 'it is the home of a dt-swarm peer, which holds its private key'

export interface HomesInit {
  /** That of this peer. */
  readonly home: string
  /** Folders that may lie in it all the same, and hold files for people. */
  readonly open: () => readonly string[]
}

/**
 * The homes of dt-swarm peers: this one's, and others, known by what lies in them. Nothing of them is ever shared: whoever has
 * the private key or the token of a peer is that peer.
 */
export class Homes {
  readonly #init: HomesInit
  #own: BigIntStats | null = null

  constructor(init: HomesInit) {
    this.#init = init
  }

  /** Whether a folder is one. @param names what lies in it, when that is known */
  async isHome(dir: string, names?: ReadonlySet<string>): Promise<boolean> {
    if (await holdsKey(dir, names)) return true
    // It stays where it is as long as the peer runs.
    this.#own ??= await stat(this.#init.home, { bigint: true }).catch(() => null)
    const facts = this.#own === null ? null : await stat(dir, { bigint: true }).catch(() => null)
    // By what the system calls it: a folder has many names where there are links, or capitals do not matter.
    return facts !== null && facts.dev === this.#own?.dev && facts.ino === this.#own.ino
  }

  /**
   * The home in which a path lies, or which it is; null: it may be shared, or written to. What a person may share of a home are
   * its share folder and its downloads.
   * @param path it need not be there
   * @param looked whether folders are homes, as of this look: whoever asks of many looks at each once
   */
  async around(path: string, looked = new Map<string, boolean>()): Promise<string | null> {
    const real = await realOf(path)
    for (let dir = real; ; dir = dirname(dir)) {
      const isHome = looked.get(dir) ?? (await this.isHome(dir))
      looked.set(dir, isHome)
      if (isHome && !(await this.#isOpen(real, dir))) return dir
      if (dirname(dir) === dir) return null
    }
  }

  async #isOpen(path: string, home: string): Promise<boolean> {
    const open = await Promise.all(this.#init.open().map(realOf))
    return open.some((dir) => isBelow(dir, home) && isWithin(path, dir))
  }

  /** @throws SwarmError UNSUPPORTED for what lies in a home */
  async refuse(path: string): Promise<void> {
    const home = await this.around(path)
    if (home !== null) throw homeRefused(path, home)
  }
}

/** Whether a folder has in it what the home of a peer has. @param names what lies in it, when that is known */
export async function holdsKey(dir: string, names?: ReadonlySet<string>): Promise<boolean> {
  const has = async (name: string): Promise<boolean> => names?.has(name) ?? isThere(join(dir, name))
  if (!(await has(keyFile))) return false
  for (const name of besideKey) if (await has(name)) return true
  return false
}

/** What to tell who wants to share something of a home. */
export function homeRefused(path: string, home: string): SwarmError {
  return new SwarmError(
    'UNSUPPORTED',
    `${path} is not shared: ${home} is the home of a dt-swarm peer, which holds its private key. Choose another file, or move this one elsewhere first.`,
  )
}

const isBelow = (path: string, dir: string): boolean => path.startsWith(dir.endsWith(sep) ? dir : dir + sep)
const isWithin = (path: string, dir: string): boolean => path === dir || isBelow(path, dir)

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

/** What is not there yet would lie in what is. */
async function realOf(path: string): Promise<string> {
  const parent = dirname(path)
  return realpath(path).catch(async () => (parent === path ? path : join(await realOf(parent), basename(path))))
}
