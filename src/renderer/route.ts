import { useSyncExternalStore } from 'react'
import { isCid, isPeerId, isRecordId, type Cid, type PeerId, type RecordId } from '../shared/ids.ts'

export const robotTabs = ['health', 'logs', 'link', 'records'] as const
export type RobotTab = (typeof robotTabs)[number]
export const networkTabs = ['peers', 'graph', 'channels', 'messages', 'routes'] as const
export type NetworkTab = (typeof networkTabs)[number]
export const settingsTabs = ['peer', 'files', 'swarm', 'trust', 'clock', 'channels'] as const
export type SettingsTab = (typeof settingsTabs)[number]

/** Where the window is. Kept in the hash, so that the same address works from a file, an app scheme and a server. */
export type Route =
  | { readonly page: 'fleet' }
  | { readonly page: 'robot'; readonly peer: PeerId; readonly tab: RobotTab }
  | { readonly page: 'logs'; readonly file: Cid | null }
  | { readonly page: 'network'; readonly tab: NetworkTab }
  /** A record without a bucket is shown in its own. */
  | { readonly page: 'records'; readonly bucket: string | null; readonly record: RecordId | null }
  | { readonly page: 'checkpoints'; readonly root: Cid | null }
  | { readonly page: 'settings'; readonly tab: SettingsTab }
  | { readonly page: 'unknown'; readonly hash: string }

const bucketForm = /^[a-z][a-z0-9-]{0,63}$/

/** Reads a hash. What it does not know is `unknown`, which has a page of its own. */
export function parseRoute(hash: string): Route {
  const [page = '', first = '', second = ''] = hash.replace(/^#?\/?/, '').split('/')
  const unknown: Route = { page: 'unknown', hash }
  switch (page) {
    case '':
    case 'fleet':
      return { page: 'fleet' }
    case 'robot':
      return isPeerId(first)
        ? { page: 'robot', peer: first, tab: robotTabs.find((tab) => tab === second) ?? 'health' }
        : unknown
    case 'logs':
      if (first === '') return { page: 'logs', file: null }
      return isCid(first) ? { page: 'logs', file: first } : unknown
    case 'network':
      return { page: 'network', tab: networkTabs.find((tab) => tab === first) ?? 'peers' }
    case 'records':
      return recordsRoute(first, second) ?? unknown
    case 'checkpoints':
      if (first === '') return { page: 'checkpoints', root: null }
      return isCid(first) ? { page: 'checkpoints', root: first } : unknown
    case 'settings':
      return { page: 'settings', tab: settingsTabs.find((tab) => tab === first) ?? 'peer' }
    default:
      return unknown
  }
}

function recordsRoute(first: string, second: string): Route | null {
  if (first === '') return { page: 'records', bucket: null, record: null }
  // A bucket's name has at most 64 letters, and none looks like a CID.
  if (isRecordId(first)) return { page: 'records', bucket: null, record: first }
  if (!bucketForm.test(first)) return null
  if (second === '') return { page: 'records', bucket: first, record: null }
  return isRecordId(second) ? { page: 'records', bucket: first, record: second } : null
}

/** The hash of a route: the inverse of `parseRoute`. */
export function hrefOf(route: Route): string {
  switch (route.page) {
    case 'robot':
      return route.tab === 'health' ? `#/robot/${route.peer}` : `#/robot/${route.peer}/${route.tab}`
    case 'logs':
      return route.file === null ? '#/logs' : `#/logs/${route.file}`
    case 'network':
      return route.tab === 'peers' ? '#/network' : `#/network/${route.tab}`
    case 'records':
      return ['#/records', route.bucket, route.record].filter((part) => part !== null).join('/')
    case 'checkpoints':
      return route.root === null ? '#/checkpoints' : `#/checkpoints/${route.root}`
    case 'settings':
      return route.tab === 'peer' ? '#/settings' : `#/settings/${route.tab}`
    case 'unknown':
      return route.hash
    case 'fleet':
      return '#/fleet'
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
