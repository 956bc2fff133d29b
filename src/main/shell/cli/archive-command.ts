import type { ApiClient } from '../../../shared/contract/contract.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { ArchiveChoice, ArchiveView } from '../../../shared/file-views.ts'
import type { TransferView } from '../../../shared/views.ts'
import { withApi } from './call.ts'
import { cidOf } from './cid-of.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { peerOf } from './peer-of.ts'
import { waitForAll } from './transfer-wait.ts'
import { bytesText, printable } from './words.ts'

/** `dt-swarm archive status` */
export async function showArchive(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const [view, machines] = await withApi(endpoint, (api) => Promise.all([api.archive.status(), api.fleet.list()]))
  if (json) return io.out(JSON.stringify(view, null, 2))
  const nameOf = (peer: string): string => machines.find((machine) => machine.peer === peer)?.name ?? peer
  for (const line of linesOf(view, nameOf)) io.out(printable(line))
}

/** `dt-swarm archive on [--robot …]` */
export async function turnOn(
  given: {
    readonly robot: string | undefined
    readonly search: string | undefined
    readonly topic: string | undefined
  },
  endpoint: Endpoint,
  options: Output,
  io: Io,
): Promise<void> {
  const { robot, search, topic } = given
  await withApi(endpoint, async (api) => {
    const origin = robot === undefined ? null : (await peerOf(api, robot)).peer
    const isAll = origin === null && search === undefined && topic === undefined
    await change(api, {
      archive: isAll ? { kind: 'all' } : { kind: 'query', origin, search: search ?? null, topic: topic ?? null },
    })
  })
  await showArchive(endpoint, options, io)
}

/** `dt-swarm archive off` */
export async function turnOff(endpoint: Endpoint, options: Output, io: Io): Promise<void> {
  await withApi(endpoint, (api) => change(api, { archive: { kind: 'off' } }))
  await showArchive(endpoint, options, io)
}

/** `dt-swarm archive copies N` */
export async function setCopies(copies: number, endpoint: Endpoint, options: Output, io: Io): Promise<void> {
  const [settings, info] = await withApi(endpoint, async (api) => [
    await change(api, { copies }),
    await api.system.info(),
  ])
  if (copies > 1 && info.role !== 'server' && settings.archive.kind === 'off') {
    io.note('this machine is no server and no archive, so it fetches nothing for that: see "dt-swarm archive on"')
  }
  await showArchive(endpoint, options, io)
}

async function change(
  api: ApiClient,
  files: { readonly archive?: ArchiveChoice; readonly copies?: number },
): Promise<{ readonly archive: ArchiveChoice }> {
  const { settings } = await api.settings.update({ files })
  return settings.files
}

/** `dt-swarm rescue URI...`, `dt-swarm rescue --all`; false when any could not be fetched. */
export async function rescueFiles(
  uris: readonly string[],
  endpoint: Endpoint,
  options: Output & { readonly all: boolean; readonly risk: 'low' | 'high'; readonly wait: boolean },
  io: Io,
): Promise<boolean> {
  const { all, risk, wait, json } = options
  if (all === uris.length > 0) {
    throw new SwarmError('INVALID_INPUT', 'name the files to be rescued, or say --all; see "dt-swarm files --at-risk"')
  }
  return withApi(endpoint, async (api) => {
    const cids = all ? undefined : await Promise.all(uris.map((uri) => cidOf(api, uri)))
    const { transfers, here, more } = await api.archive.rescue({ risk, ...(cids === undefined ? {} : { cids }) })
    if (transfers.length === 0 && here === 0 && !json)
      io.note('nothing is to be rescued: see "dt-swarm files --at-risk"')
    const ended = wait ? await waitForAll(api, transfers, io) : transfers
    const failed = wait ? ended.filter(({ state }) => state !== 'done') : []
    if (json) io.out(JSON.stringify({ transfers: ended, here, more }, null, 2))
    else tell(ended, failed, here, io)
    if (more > 0)
      io.note(`${moreWords(more)}: no more can wait to be fetched; rescue again once some of these are here`)
    return failed.length === 0
  })
}

function tell(ended: readonly TransferView[], failed: readonly TransferView[], here: number, io: Io): void {
  for (const view of ended) {
    if (failed.includes(view)) {
      io.note(`dt-swarm: ${printable(view.name)}: ${printable(view.error?.message ?? view.step)}`)
    } else io.out(printable(`${view.cid ?? ''} ${view.name}`.trim()))
  }
  if (here > 0) io.note(`${here === 1 ? '1 file was' : `${here} files were`} here already, and is kept from now on`)
}

const moreWords = (more: number): string => (more === 1 ? '1 more was left out' : `${more} more were left out`)

function linesOf(view: ArchiveView, nameOf: (peer: string) => string): readonly string[] {
  const { archive, copies, keptFiles, keptBytes, waitingFiles, waitingBytes, problem } = view
  return [
    `keeps: ${choiceWords(archive, nameOf)}`,
    `copies wanted of each file: ${copies === 1 ? 'as many as there are' : copies}`,
    `kept here: ${countWords(keptFiles)}, ${bytesText(keptBytes)}`,
    ...(waitingFiles === 0 ? [] : [`to come: ${countWords(waitingFiles)}, ${bytesText(waitingBytes)}`]),
    ...(problem === null ? [] : [problem]),
  ]
}

function choiceWords(archive: ArchiveChoice, nameOf: (peer: string) => string): string {
  if (archive.kind !== 'query') return archive.kind === 'all' ? 'all that is shared' : 'what was kept by hand'
  const { origin, search, topic } = archive
  const parts = [
    ...(origin === null ? [] : [`of ${nameOf(origin)}`]),
    ...(search === null ? [] : [`with "${search}"`]),
    ...(topic === null ? [] : [`with the topic ${topic}`]),
  ]
  return `what is shared ${parts.join(', ')}`
}

const countWords = (files: number): string => (files === 1 ? '1 file' : `${files} files`)
