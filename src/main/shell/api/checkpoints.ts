import { SwarmError } from '../../../shared/errors.ts'
import type { CheckpointView } from '../../../shared/checkpoint-views.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import { liveOptions } from './live-call.ts'
import { liveList } from './live-list.ts'
import type { ShellActions } from './shell-actions.ts'

export function checkpointsRouter(os: Builder, peer: ApiPeer, shell: ShellActions) {
  const { checkpoints } = peer
  return {
    list: os.checkpoints.list.handler(() => [...checkpoints.list()]),
    watch: os.checkpoints.watch.handler((call) =>
      liveList<CheckpointView>(
        {
          ids: () => checkpoints.list().map(({ root }) => root),
          get: (root) => checkpoints.get(root),
          subscribe: (changed) => checkpoints.events.on('checkpoints:changed', ({ roots }) => changed(roots)),
        },
        liveOptions(call, peer),
      ),
    ),
    get: os.checkpoints.get.handler(({ input }) => {
      const found = checkpoints.get(input.root)
      if (found !== undefined) return found
      throw new SwarmError('NOT_FOUND', `no checkpoint ${input.root} is known: see the list of those that are`)
    }),
    create: os.checkpoints.create.handler(() => checkpoints.create()),
    verify: os.checkpoints.verify.handler(({ input }) => checkpoints.verify(input.root)),
    save: os.checkpoints.save.handler(async ({ input }) => {
      if (input.to === 'downloads') return checkpoints.save(input.root, { folder: peer.settings.get().downloadDir })
      if (!shell.can.choosePlace) {
        throw new SwarmError('UNSUPPORTED', 'no dialog can be opened here: save to "downloads", or download the file')
      }
      const { name } = await checkpoints.file(input.root)
      const place = await shell.askSavePlace(name)
      return place === null ? null : checkpoints.save(input.root, { path: place })
    }),
    import: os.checkpoints.import.handler(({ input, signal }) =>
      checkpoints.importFile(bytesOf(input.file), signal === undefined ? {} : { signal }),
    ),
  }
}

async function* bytesOf(file: File): AsyncGenerator<Uint8Array> {
  yield* file.stream()
}
