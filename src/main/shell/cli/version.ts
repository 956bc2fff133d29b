import { readFileSync } from 'node:fs'

/** The version of this program, from the package.json above the source or the build. */
export function programVersion(here = import.meta.url): string {
  const ups = here.endsWith('.ts') ? '../../../../' : here.includes('/chunks/') ? '../../../' : '../../'
  const text = readFileSync(new URL(`${ups}package.json`, here), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
