/** Where a command writes: answers on stdout, all else on stderr. */
export interface Io {
  out(text: string): void
  note(text: string): void
  /** Rewrites one line of progress where a person looks on; nothing elsewhere. */
  progress(text: string): void
  /** From now on a reader that goes away does not end the program: a daemon's work is not its output. */
  outliveReaders(): void
}

/** How an answer is written. */
export interface Output {
  readonly json: boolean
}

/** The process's own streams. A reader that goes away (`| head`) ends the program quietly. */
export function processIo(): Io {
  let outlives = false
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (outlives) return
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
      throw error
    })
  }
  let width = 0
  const clear = () => {
    if (width > 0) process.stderr.write(`\r${' '.repeat(width)}\r`)
    width = 0
  }
  return {
    out: (text) => {
      clear()
      process.stdout.write(`${text}\n`)
    },
    note: (text) => {
      clear()
      process.stderr.write(`${text}\n`)
    },
    progress: (text) => {
      if (!process.stderr.isTTY) return
      process.stderr.write(`\r${text.padEnd(width)}`)
      width = text.length
    },
    outliveReaders: () => {
      outlives = true
    },
  }
}

/** Ends the process with `code` once what was written has left it: on some systems pipes are written in the background. */
export async function finish(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.writableEnded && !stream.destroyed)
      await new Promise<void>((resolve) => stream.write('', () => resolve()))
  }
  process.exit(code)
}
