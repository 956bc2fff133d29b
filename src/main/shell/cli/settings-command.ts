import { SwarmError } from '../../../shared/errors.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { settingNamed, settingNames } from './setting-names.ts'
import { printable, table } from './words.ts'

/** `dt-swarm settings`: those in force; with a name the values of that one, a line each. */
export async function showSettings(
  name: string | undefined,
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
): Promise<void> {
  const setting = name === undefined ? null : settingNamed(name)
  const now = await withApi(endpoint, (api) => api.settings.get())
  if (json) return io.out(JSON.stringify(setting === null ? now : setting.show(now), null, 2))
  if (setting !== null) return setting.show(now).forEach((value) => io.out(printable(value)))
  const rows = settingNames.map(({ name: own, show }) => [own, show(now).join(' ') || 'none'])
  io.out(table(['SETTING', 'VALUE'], rows))
}

/** `dt-swarm settings set NAME VALUE...`: says what is in force then. */
export async function setSetting(
  name: string,
  values: readonly string[],
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
): Promise<void> {
  const { change, show } = settingNamed(name)
  if (typeof change === 'string')
    throw new SwarmError('INVALID_INPUT', `${name} is set by "${change}": see "${change} --help"`)
  const { settings, waiting } = await withApi(endpoint, async (api) =>
    api.settings.update(change(values, await api.settings.get())),
  )
  io.out(json ? JSON.stringify(show(settings), null, 2) : printable(show(settings).join(' ') || 'none'))
  if ((waiting as readonly string[]).includes(name)) io.note(`it is saved, and waits for the daemon's next start`)
}
