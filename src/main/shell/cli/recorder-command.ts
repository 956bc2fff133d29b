import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { causeWords, type FaultKind, type FlightView, type RecorderView } from '../../../shared/recorder-views.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { peerOf } from './peer-of.ts'
import { bytesText, printable, timeText } from './words.ts'

/** `dt-swarm recorder status` */
export async function showRecorder(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const view = await withApi(endpoint, (api) => api.recorder.status())
  if (json) return io.out(JSON.stringify(view, null, 2))
  for (const line of linesOf(view)) io.out(printable(line))
}

/** `dt-swarm recorder on`: what is not given stays as it was. */
export async function turnOn(
  change: {
    readonly paths: readonly string[] | undefined
    readonly minutes: number | undefined
    readonly faults: readonly FaultKind[] | undefined
  },
  endpoint: Endpoint,
  options: Output,
  io: Io,
): Promise<void> {
  const { minutes, paths, faults } = change
  await withApi(endpoint, (api) =>
    api.settings.update({
      recorder: {
        on: true,
        minutes,
        paths: paths?.map((path) => resolve(path)),
        faults: faults === undefined ? undefined : [...faults],
      },
    }),
  )
  for (const path of change.paths ?? []) {
    // A pattern may come true any time; a name that is wrong stays wrong.
    if (!/[*?[\]{}]/.test(path) && !existsSync(path)) io.note(printable(`${resolve(path)} is not there now`))
  }
  await showRecorder(endpoint, options, io)
}

/** `dt-swarm recorder off` */
export async function turnOff(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const { settings } = await withApi(endpoint, (api) => api.settings.update({ recorder: { on: false } }))
  io.out(json ? JSON.stringify(settings.recorder, null, 2) : 'the flight recorder is off; what it saved stays shared')
}

/** `dt-swarm recorder mark [TEXT] [--on PEER]` */
export async function mark(
  text: string,
  on: string | undefined,
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
): Promise<void> {
  const marked = await withApi(endpoint, async (api) => {
    const peer = on === undefined ? undefined : (await peerOf(api, on)).peer
    return api.recorder.mark({ text, ...(peer === undefined ? {} : { peer }) })
  })
  if (json) return io.out(JSON.stringify(marked, null, 2))
  const { id, files, sizeBytes, leftOut } = marked
  const left = leftOut === 0 ? '' : `; of ${leftOut} more nothing was taken: flight.json says why`
  io.out(printable(`saved and being shared: flight/${id}, ${files} files, ${bytesText(sizeBytes)}${left}`))
  io.note(printable(`anybody may fetch it: dt-swarm fetch --folder flight/${id}`))
}

function linesOf({ state, settings, refused, flights }: RecorderView): readonly string[] {
  if (state === 'off' && flights.length === 0) {
    return ['off: turn it on with "dt-swarm recorder on --path FOLDER" (see "dt-swarm recorder on --help")']
  }
  const { minutes, paths, faults } = settings
  const looks = paths.length === 0 ? 'no logs, only records and health: name some with --path' : paths.join(', ')
  const on = [
    state === 'taking' ? 'on, and saving right now' : 'on',
    `  the last ${minutes === 1 ? 'minute' : `${minutes} minutes`} of: ${looks}`,
    `  faults: ${faults.length === 0 ? 'none, only marks by hand' : faults.map((kind) => `${kind} (${causeWords[kind]})`).join(', ')}`,
  ]
  return [
    ...(state === 'off' ? ['off'] : on),
    ...(refused === null ? [] : [`  last fault: ${refused}`]),
    flights.length === 0 ? 'nothing was saved yet' : `saved, in the folder "flight" of the share folder:`,
    ...flights.flatMap(flightLines),
  ]
}

function flightLines({ id, cause, words, atMs, sizeBytes, files, leftOut }: FlightView): readonly string[] {
  const shared = files.filter(({ cid }) => cid !== null).length
  const told = words === '' ? '' : `: ${words}`
  return [
    `  ${id}  ${timeText(atMs)}  ${causeWords[cause]}${told}  ${bytesText(sizeBytes)}, ${shared} of ${files.length} files shared`,
    ...files.flatMap(({ name, problem }) => (problem === null ? [] : [`      ${name}: ${problem}`])),
    ...leftOut.map(({ name, why }) => `      not taken: ${name}: ${why}`),
  ]
}
