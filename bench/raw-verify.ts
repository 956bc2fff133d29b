import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** V2: Ed25519 verifications a second on two threads that do nothing else and are handed nothing. */
export async function verificationsOfTwo(): Promise<number> {
  const program = `
    import { generateKeyPairSync, sign, verify } from 'node:crypto'
    import { parentPort } from 'node:worker_threads'
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const messages = Array.from({ length: 1000 }, (_, i) => Buffer.alloc(53, i))
    const signatures = messages.map((one) => sign(null, one, privateKey))
    parentPort.on('message', (times) => {
      for (let t = 0; t < times; t++) for (let i = 0; i < 1000; i++) verify(null, messages[i], publicKey, signatures[i])
      parentPort.postMessage('done')
    })
    parentPort.postMessage('ready')`
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
  const workers = [new Worker(url), new Worker(url)]
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const startedMs = performance.now()
  for (const worker of workers) worker.postMessage(8)
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const perSecond = (16_000 / (performance.now() - startedMs)) * 1_000
  await Promise.all(workers.map((worker) => worker.terminate()))
  return perSecond
}
