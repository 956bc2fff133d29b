import { Kbd, Modal } from '@mantine/core'
import { spotlight } from '@mantine/spotlight'
import { useEffect, useState } from 'react'
import { go, parseRoute } from '../route.ts'
import { pages } from './Rail.tsx'

/** A `g` waits so long for its second key. */
const chordMs = 1_200

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Moves the focus among the things a page lists (marked `data-nav-item`). */
function move(main: HTMLElement | null, step: number): void {
  if (main === null) return
  const items = [...main.querySelectorAll<HTMLElement>('[data-nav-item]')]
  const at = items.findIndex((item) => item === document.activeElement)
  const next = at === -1 ? (step > 0 ? 0 : items.length - 1) : Math.min(items.length - 1, Math.max(0, at + step))
  items[next]?.focus()
  items[next]?.scrollIntoView({ block: 'nearest' })
}

function focusSearch(main: HTMLElement | null): void {
  const field = main?.querySelector<HTMLInputElement>('[data-page-search]')
  if (field === null || field === undefined) spotlight.open()
  else field.focus()
}

/** The keys of the whole window. They rest while a person types or a dialog is open. */
export function useKeys(main: HTMLElement | null): {
  readonly shown: boolean
  readonly show: () => void
  readonly hide: () => void
} {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    let chordAtMs = 0
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (event.key === 'Escape') {
        escape(event)
        return
      }
      if (isTyping(event.target) || document.querySelector('[role="dialog"][aria-modal="true"]') !== null) return
      if (Date.now() - chordAtMs < chordMs) {
        chordAtMs = 0
        const page = pages.find((one) => one.key === event.key)
        if (page !== undefined) {
          event.preventDefault()
          window.location.hash = `#/${page.page}`
        }
        return
      }
      if (event.key === 'g') chordAtMs = Date.now()
      else if (event.key === 'j') move(main, 1)
      else if (event.key === 'k') move(main, -1)
      else if (event.key === '?') setShown(true)
      else if (event.key === '/') {
        event.preventDefault()
        focusSearch(main)
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [main])
  return { shown, show: () => setShown(true), hide: () => setShown(false) }
}

/** Out of a field first, then out of a robot, a file, a record or a checkpoint. */
function escape(event: KeyboardEvent): void {
  if (isTyping(event.target) && event.target instanceof HTMLElement) {
    event.target.blur()
    return
  }
  if (document.querySelector('[role="dialog"]') !== null) return
  const { hash } = window.location
  if (hash.startsWith('#/robot/')) window.location.hash = '#/fleet'
  if (hash.startsWith('#/logs/')) window.location.hash = '#/logs'
  if (hash.startsWith('#/checkpoints/')) window.location.hash = '#/checkpoints'
  const route = parseRoute(hash)
  if (route.page === 'records' && route.record !== null) go({ ...route, record: null })
}

const list: readonly (readonly [readonly string[], string])[] = [
  [['Ctrl', 'K'], 'Search everything (⌘ K on a Mac)'],
  [['/'], "The page's own search"],
  ...pages.map(({ key, label }) => [['g', key], label] as const),
  [['j'], 'Next in the list'],
  [['k'], 'Previous in the list'],
  [['Enter'], 'Open'],
  [['Esc'], 'Back, close'],
  [['?'], 'These keys'],
]

export function KeysDialog({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" closeButtonProps={{ 'aria-label': 'Close' }}>
      <dl className="facts">
        {list.map(([keys, words]) => (
          <div key={words} style={{ display: 'contents' }}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key} size="sm" mr={4}>
                  {key}
                </Kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
