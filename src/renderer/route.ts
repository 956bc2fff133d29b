import { useSyncExternalStore } from 'react'
import { isCid, isPeerId, type Cid, type PeerId } from '../shared/ids.ts'

export const robotTabs = ['health', 'logs', 'link', 'records'] as const
export type RobotTab = (typeof robotTabs)[number]

/** Where the window is. Kept in the hash, so that the same address works from a file, an app scheme and a server. */
export type Route =
  | { readonly page: 'fleet' }
  | { readonly page: 'robot'; readonly peer: PeerId; readonly tab: RobotTab }
  | { readonly page: 'logs'; readonly file: Cid | null }
  | { readonly page: 'network' }
  | { readonly page: 'settings' }
  | { readonly page: 'unknown'; readonly hash: string }

/** Reads a hash. What it does not know is `unknown`, which has a page of its own. */
export function parseRoute(hash: string): Route {
  const [page = '', first = '', second = ''] = hash.replace(/^#?\/?/, '').split('/')
  switch (page) {
    case '':
    case 'fleet':
      return { page: 'fleet' }
    case 'robot':
      return isPeerId(first)
        ? { page: 'robot', peer: first, tab: robotTabs.find((tab) => tab === second) ?? 'health' }
        : { page: 'unknown', hash }
    case 'logs':
      if (first === '') return { page: 'logs', file: null }
      return isCid(first) ? { page: 'logs', file: first } : { page: 'unknown', hash }
    case 'network':
      return { page: 'network' }
    case 'settings':
      return { page: 'settings' }
    default:
      return { page: 'unknown', hash }
  }
}

/** The hash of a route: the inverse of `parseRoute`. */
export function hrefOf(route: Route): string {
  switch (route.page) {
    case 'robot':
      return route.tab === 'health' ? `#/robot/${route.peer}` : `#/robot/${route.peer}/${route.tab}`
    case 'logs':
      return route.file === null ? '#/logs' : `#/logs/${route.file}`
    case 'unknown':
      return route.hash
    case 'fleet':
    case 'network':
    case 'settings':
      return `#/${route.page}`
  }
}

export function go(route: Route): void {
  window.location.hash = hrefOf(route)
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('hashchange', changed)
  return () => window.removeEventListener('hashchange', changed)
}

/** The route of now. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash)
  return parseRoute(hash)
}
