/**
 * Where a program that we start ourselves (a worker thread, a simulated robot) lies: beside its source when
 * we run from source (tests, benches), in `out/main` when we run from the build.
 * @param source the file below `src/main`, e.g. `net/ingest/verify-worker.ts`; the build names it `verify-worker.js`
 */
export function entryUrl(source: string): URL {
  const here = import.meta.url
  if (here.endsWith('.ts')) return new URL(`../${source}`, here)
  const name = source.slice(source.lastIndexOf('/') + 1).replace(/\.ts$/, '.js')
  return new URL(here.includes('/chunks/') ? `../${name}` : `./${name}`, here)
}
