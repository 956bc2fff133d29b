import { contextBridge, ipcRenderer, webUtils } from 'electron'

/**
 * All that the page gets from the desktop: a port to the API, and a way to hand over dropped files without ever
 * naming a path. Sandboxed, so it imports nothing else: the channel names stand in shell/electron/channels.ts too.
 */

/** The preload script runs in the page's window but in a world of its own; this is all it uses of it. */
declare const window: {
  readonly location: { readonly origin: string }
  postMessage(message: string, targetOrigin: string, transfer: readonly unknown[]): void
}

// Ports cannot cross the context bridge; a message to our own origin carries them.
ipcRenderer.on('dt-swarm:port', (event) => {
  window.postMessage('dt-swarm:port', window.location.origin, event.ports)
})

/** What a window's File has besides Node's. */
type ChosenFile = File & { readonly webkitRelativePath?: string }

/**
 * Where a file lies; of one that came with a chosen folder ("run-17/camera/a.bag"), where that folder lies: it is shared
 * as one, under its name. Steps are parted by one sign on every system, so lengths tell.
 */
function sharedPath(file: ChosenFile): string {
  const path = webUtils.getPathForFile(file)
  const { webkitRelativePath: relative = '' } = file
  const within = relative.indexOf('/')
  return path === '' || within < 0 ? path : path.slice(0, path.length - (relative.length - within))
}

contextBridge.exposeInMainWorld(
  'dtSwarm',
  Object.freeze({
    /** Asks for a fresh port; it arrives as a `dt-swarm:port` message. */
    connect: (): void => ipcRenderer.send('dt-swarm:connect'),
    /** Shares files and folders that a person dropped or chose. A file made by script has no path and is refused here. */
    shareFiles: async (files: readonly ChosenFile[], channel: string | null): Promise<unknown> => {
      const named = files.map((file) => ({ name: file.name, path: sharedPath(file) }))
      const nowhere = named.filter(({ path }) => path === '')
      const paths = [...new Set(named.map(({ path }) => path).filter((path) => path !== ''))]
      const answer = (await ipcRenderer.invoke('dt-swarm:share', paths, channel)) as {
        accepted: number
        rejected: { name: string; reason: string }[]
      }
      const refused = nowhere.map(({ name }) => ({ name, reason: 'is not a file on this computer' }))
      return { accepted: answer.accepted, rejected: [...answer.rejected, ...refused] }
    },
    /** Takes over the records of a CAR file that a person dropped or chose; the answer is data, also where it fails. */
    importCheckpoint: async (file: File): Promise<unknown> =>
      await ipcRenderer.invoke('dt-swarm:checkpoint', webUtils.getPathForFile(file)),
  }),
)
