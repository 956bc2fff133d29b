import { constants } from 'node:fs'
import { lstat, mkdir, open, realpath, rename, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { cidSchema } from '../../../shared/ids-schema.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { diskError, systemCode } from '../files/disk-error.ts'
import { nameProblem } from '../files/safe-name.ts'
import { PartFile, partName } from '../files/write-file.ts'

const manifestName = 'dt-swarm-courier.json'
const recordsName = 'records.car'
/** As many files as a peer shares at most. */
const maxFiles = 50_000
/** Of a step of a path. */
const maxStepLength = 60
/** Of the folders of a name: with the robot before them and the file behind them a path stays within 1,024 bytes. */
const maxFolderBytes = 500
/** Of so many files with long names; more is read from no stick. */
const maxManifestBytes = 128 * 1_024 * 1_024

const manifestSchema = z.object({
  v: z.literal(1),
  swarm: z.string().max(128),
  swarmName: z.string().max(63),
  files: z
    .array(
      z.object({
        cid: cidSchema,
        name: z.string().max(1_024),
        /** Below the folder, with `/`. */
        path: z.string().max(1_024),
        sizeBytes: z.number().int().min(0),
      }),
    )
    .max(maxFiles),
})
export type Manifest = z.infer<typeof manifestSchema>
export type ManifestFile = Manifest['files'][number]

/**
 * The folder of a courier: files by their names, so that anybody can open them; `records.car`, a checkpoint; and
 * `dt-swarm-courier.json`, which says what is what. Somebody else may have made it: links are never followed, names never
 * lead out of it, and what it says of itself is only where to look.
 */
export class CourierFolder {
  readonly dir: string
  readonly #self: PeerId

  private constructor(dir: string, self: PeerId) {
    this.dir = dir
    this.#self = self
  }

  /** @throws SwarmError NOT_FOUND, PERMISSION_DENIED */
  static async open(dir: string, self: PeerId, { make }: { readonly make: boolean }): Promise<CourierFolder> {
    try {
      if (make) await makeFolder(dir)
      const real = await realpath(dir)
      if (!(await lstat(real)).isDirectory()) throw new SwarmError('INVALID_INPUT', `${dir} is no folder.`)
      return new CourierFolder(real, self)
    } catch (error) {
      if (systemCode(error) === 'ENOENT')
        throw new SwarmError('NOT_FOUND', `There is no folder ${dir}. Is the stick mounted?`)
      throw diskError(error, `opening ${dir}`)
    }
  }

  /** Whether the stick is still in: what says what is on it can be found. */
  async isThere(): Promise<boolean> {
    return lstat(join(this.dir, manifestName)).then(
      () => true,
      () => false,
    )
  }

  /** Null when there is none. @throws SwarmError INVALID_INPUT for one that is damaged */
  async manifest(): Promise<Manifest | null> {
    const handle = await this.#open(manifestName)
    if (handle === null) return null
    try {
      const { size } = await handle.stat()
      if (size > maxManifestBytes)
        throw new SwarmError('INVALID_INPUT', `${manifestName} in ${this.dir} is too large to be one.`)
      const parsed = manifestSchema.safeParse(jsonOf(await handle.readFile('utf8')))
      if (parsed.success) return parsed.data
      throw new SwarmError('INVALID_INPUT', `${manifestName} in ${this.dir} is damaged: export to the stick once more.`)
    } finally {
      await handle.close()
    }
  }

  async writeManifest(manifest: Manifest): Promise<void> {
    await this.write(manifestName, [Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`)])
  }

  async writeRecords(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    await this.write(recordsName, bytes)
  }

  /** Null when there are none. */
  async records(): Promise<FileHandle | null> {
    return this.#open(recordsName)
  }

  /** A file as the manifest names it; null when it is not there, or not of that size: the stick was pulled out, or cut short. */
  async file({ path, sizeBytes }: ManifestFile): Promise<FileHandle | null> {
    const handle = await this.#open(path)
    if (handle === null) return null
    const stat = await handle.stat()
    if (stat.isFile() && stat.size === sizeBytes) return handle
    await handle.close()
    return null
  }

  /** Writes a file whole or not at all: it gets its name when it is on the stick. @throws SwarmError */
  async write(path: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    if (nameProblem(path) !== null)
      throw new SwarmError('INVALID_INPUT', `"${path.slice(0, 200)}" is no name for a file.`)
    const steps = path.split('/').slice(0, -1)
    let at = this.dir
    for (const step of steps) {
      at = join(at, step)
      await mkdir(at).catch((error: unknown) => {
        if (systemCode(error) !== 'EEXIST') throw diskError(error, `making the folder ${at}`)
      })
      if (!(await lstat(at)).isDirectory())
        throw new SwarmError('PERMISSION_DENIED', `${at} is a link or a file, where a folder should be: remove it.`)
    }
    const part = await PartFile.create(join(at, partName(this.#self)))
    try {
      for await (const chunk of bytes) await part.write(chunk)
      await part.sync()
      await rename(part.path, join(this.dir, path))
    } catch (error) {
      if (systemCode(error) === 'EFBIG') {
        throw new SwarmError(
          'TOO_LARGE',
          `The stick takes no file as large as ${path}: FAT32 ends at 4 GiB. Format it as exFAT.`,
          { cause: error },
        )
      }
      throw diskError(error, `writing ${path} to ${this.dir}`)
    } finally {
      await part.abandon()
    }
  }

  /** Opens a plain file for reading, no step of whose path is a link. */
  async #open(path: string): Promise<FileHandle | null> {
    if (nameProblem(path) !== null) return null
    const full = join(this.dir, path)
    try {
      if ((await realpath(dirname(full))) !== dirname(full)) return null
      // O_NONBLOCK: a named pipe that nobody writes to is not waited for.
      const handle = await open(full, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
      if ((await handle.stat()).isFile()) return handle
      await handle.close()
      return null
    } catch (error) {
      const code = systemCode(error)
      if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR' || code === 'ENXIO') return null
      throw diskError(error, `reading ${path} from ${this.dir}`)
    }
  }
}

/** The bytes of an open file, which is closed at their end. */
export async function* bytesOf(handle: FileHandle, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* handle.createReadStream({
      highWaterMark: 256 * 1_024,
      autoClose: false,
      signal,
    }) as AsyncIterable<Uint8Array>
  } catch (error) {
    signal.throwIfAborted()
    throw diskError(error, 'reading from the stick')
  } finally {
    await handle.close()
  }
}

/** Where each file lies on the stick: below its robot's name, by its own, made fit for any file system; no two alike. */
export function pathsFor(
  shares: readonly { readonly cid: Cid; readonly name: string; readonly originName: string }[],
  fit: (name: string, fallback: string) => string,
  numberedName: (name: string, n: number) => string,
): ReadonlyMap<Cid, string> {
  const taken = new Set<string>()
  const paths = new Map<Cid, string>()
  // In one order whatever order they come in, so that the same file gets the same place again.
  for (const { cid, name, originName } of shares.toSorted((a, b) => (a.cid < b.cid ? -1 : 1))) {
    const folders: string[] = []
    let bytes = 0
    for (const step of name.split('/').slice(0, -1).slice(0, 16)) {
      const short = cut(fit(step, 'folder'))
      bytes += Buffer.byteLength(short) + 1
      if (bytes > maxFolderBytes) break
      folders.push(short)
    }
    const folder = ['files', cut(fit(originName, 'robot')), ...folders].join('/')
    for (let n = 1; ; n += 1) {
      const path = `${folder}/${numberedName(fit(name, cid), n)}`
      // Sticks tell no capitals apart.
      const key = path.toLowerCase()
      if (taken.has(key)) continue
      taken.add(key)
      paths.set(cid, path)
      break
    }
  }
  return paths
}

/** Not through the middle of a character. */
const cut = (step: string): string => step.slice(0, maxStepLength).toWellFormed()

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
