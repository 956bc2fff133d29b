import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { KuboDaemon } from '../src/main/service/files/testing/kubo-daemon.ts'

/** One file from one real Kubo daemon to another over loopback, as `ipfs add` and `ipfs get` do it; synced at the end. */
export async function kuboToKubo(
  program: string,
  { path, dir }: { readonly path: string; readonly dir: string },
): Promise<{ readonly addMs: number; readonly fetchMs: number; readonly path: string }> {
  const [origin, reader] = [await KuboDaemon.make(program), await KuboDaemon.make(program)]
  try {
    await Promise.all([origin.start(), reader.start()])
    let startedMs = performance.now()
    const cid = origin.ipfs('add', '--cid-version=1', '--chunker=size-262144', '-Q', path).trim()
    const addMs = performance.now() - startedMs
    reader.ipfs('swarm', 'connect', origin.address)
    const out = join(dir, 'from-kubo')
    startedMs = performance.now()
    reader.ipfs('get', '--progress=false', '-o', out, cid)
    const file = await open(out, 'r+')
    await file.sync()
    await file.close()
    return { addMs, fetchMs: performance.now() - startedMs, path: out }
  } finally {
    await Promise.all([origin.remove(), reader.remove()])
  }
}
