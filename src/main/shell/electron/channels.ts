/** The four messages between preload and main; everything else travels over the port. Preload repeats these words. */
export const channels = {
  /** Window to main: I want a port. */
  connect: 'dt-swarm:connect',
  /** Main to window: here it is. */
  port: 'dt-swarm:port',
  /** Window to main: paths of files and folders that a person dropped or chose. */
  share: 'dt-swarm:share',
  /** Window to main: path of a checkpoint's CAR file that a person dropped or chose. */
  checkpoint: 'dt-swarm:checkpoint',
} as const
