import { SwarmError } from '../../../shared/errors.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import type { ShellActions } from './shell-actions.ts'

export function courierRouter(os: Builder, peer: ApiPeer, shell: ShellActions) {
  const { courier } = peer
  return {
    status: os.courier.status.handler(() => courier.status()),
    export: os.courier.export.handler(async ({ input: { dir, query, cids, records } }) => {
      const place = dir ?? (await askFolder(shell, 'Copy to a stick'))
      return place === null ? null : courier.export(place, { query, cids, records })
    }),
    import: os.courier.import.handler(async ({ input }) => {
      const place = input.dir ?? (await askFolder(shell, 'Bring from a stick'))
      return place === null ? null : courier.import(place)
    }),
    cancel: os.courier.cancel.handler(() => courier.cancel()),
  }
}

async function askFolder(shell: ShellActions, title: string): Promise<string | null> {
  if (!shell.can.choosePlace) throw new SwarmError('UNSUPPORTED', 'no dialog can be opened here: say which folder')
  return shell.askFolder(title)
}
