import { expect, it } from 'vitest'
import { kuboAddress } from './kubo-url.ts'

it.each([
  ['http://127.0.0.1:5001', 'http://127.0.0.1:5001'],
  [' http://127.0.0.1:5001/ ', 'http://127.0.0.1:5001'],
  ['http://127.0.0.1:5001/api/v0', 'http://127.0.0.1:5001'],
  ['https://kubo.lab', 'https://kubo.lab'],
  ['localhost:5001', 'http://localhost:5001'],
  ['/ip4/127.0.0.1/tcp/5001', 'http://127.0.0.1:5001'],
  ['/ip4/127.0.0.1/tcp/5001/http', 'http://127.0.0.1:5001'],
  ['/ip6/::1/tcp/5001', 'http://[::1]:5001'],
  ['/dns4/kubo.lab/tcp/443/https', 'https://kubo.lab'],
])('%j is %s', (text, url) => {
  expect(kuboAddress(text)).toEqual({ url, authorization: null })
})

it('takes name and password out of the address', () => {
  expect(kuboAddress('http://lab:p%40ss@127.0.0.1:5001')).toEqual({
    url: 'http://127.0.0.1:5001',
    authorization: `Basic ${Buffer.from('lab:p@ss').toString('base64')}`,
  })
})

it.each([
  '',
  '   ',
  '/ip4/127.0.0.1',
  '/unix/kubo.sock',
  'ftp://127.0.0.1:5001',
  'file:///etc/passwd',
  '/ip4/1.2.3.4/udp/1',
  'http://',
])('%j is none, and it says how one is written', (text) => {
  expect(() => kuboAddress(text)).toThrow(/no address of a Kubo daemon.*5001/)
})
