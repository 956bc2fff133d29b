import { parentPort } from 'node:worker_threads'
import type { LogOrder } from '../log-job.ts'

/** A thread that does to itself what a file might: by the name of the file that it is given. */
parentPort?.on('message', ({ id, job }: LogOrder) => {
  const name = job.kind === 'inspect' ? job.name : ''
  if (name === 'hang') for (;;);
  if (name === 'die') process.exit(3)
  if (name === 'throw') throw new Error('out of order')
  if (name === 'eat') {
    const eaten: unknown[] = []
    for (;;) eaten.push(Array.from({ length: 100_000 }, () => eaten.length + 0.5))
  }
  if (name === 'never') return
  parentPort?.postMessage({ id: id + 7, failed: 'an answer to nothing' })
  parentPort?.postMessage({ id, answer: { format: 'other', problem: name } })
})
