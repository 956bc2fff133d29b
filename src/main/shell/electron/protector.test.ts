import { beforeEach, describe, expect, it, vi } from 'vitest'
import { systemProtector } from './protector.ts'
import { fake, resetFake } from './testing/fake-electron.ts'

vi.mock('electron', () => import('./testing/fake-electron.ts'))

beforeEach(() => resetFake())

describe("the system's key store around the identity", () => {
  it('gives back every byte, and does not store it as it is', () => {
    const protector = systemProtector('linux')
    const seed = Uint8Array.from({ length: 256 }, (_, i) => i)
    const wrapped = protector?.protect(seed)
    expect(wrapped).not.toEqual(seed)
    expect(protector?.unprotect(wrapped ?? new Uint8Array())).toEqual(seed)
  })

  it.each(['basic_text', 'unknown'])('is not taken for one on Linux with %s', (backend) => {
    fake.keyStore = { available: true, backend }
    expect(systemProtector('linux')).toBeUndefined()
  })

  it('is absent where the system has none', () => {
    fake.keyStore = { available: false, backend: 'unknown' }
    expect(systemProtector('darwin')).toBeUndefined()
  })
})
