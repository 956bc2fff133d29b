import { describe, expect, it } from 'vitest'
import { contentSecurityPolicy, isAllowedExternal, isOwnMainFrame, isOwnUrl } from './origin.ts'

describe('our origin', () => {
  it.each(['app://dt-swarm/', 'app://dt-swarm/index.html#/fleet'])('%s is ours', (url) => {
    expect(isOwnUrl(url)).toBe(true)
  })

  it.each([
    'app://other/',
    'app://dt-swarm.evil.org/',
    'app://dt-swarm:81/',
    'https://dt-swarm/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,hello',
    'about:blank',
    '',
  ])('"%s" is not', (url) => {
    expect(isOwnUrl(url)).toBe(false)
  })
})

describe('who may speak to main', () => {
  const ours = { parent: null, url: 'app://dt-swarm/#/logs', origin: 'app://dt-swarm' }

  it('the main frame of our page', () => {
    expect(isOwnMainFrame(ours)).toBe(true)
  })

  it.each([
    ['a frame inside our page', { ...ours, parent: ours }],
    ['another page', { ...ours, url: 'https://evil.org/', origin: 'https://evil.org' }],
    ['a sandboxed document at our address', { ...ours, origin: 'null' }],
    ['a frame that is gone', null],
  ])('not %s', (_who, frame) => {
    expect(isOwnMainFrame(frame)).toBe(false)
  })
})

describe('links that leave the app', () => {
  it.each(['https://docs.duckietown.com/daffy/', 'https://github.com/duckietown'])('%s may', (url) => {
    expect(isAllowedExternal(url)).toBe(true)
  })

  it.each([
    'http://github.com/',
    'https://github.com.evil.org/',
    'https://evilgithub.com/',
    'https://github.com:8443/',
    'https://user:word@github.com/',
    'file:///usr/bin/xcalc',
    'smb://github.com/share',
    'not a link',
  ])('%s may not', (url) => {
    expect(isAllowedExternal(url)).toBe(false)
  })
})

it('the policy lets no script run that is not a file of ours', () => {
  const script = contentSecurityPolicy.split('; ').find((part) => part.startsWith('script-src'))
  expect(script).toBe("script-src 'self'")
})
