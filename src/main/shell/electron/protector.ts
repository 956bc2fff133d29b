import { safeStorage } from 'electron'
import type { KeyProtector } from '../../store/identity-store.ts'

/**
 * The system's key store around the identity (Keychain, DPAPI, libsecret, KWallet), or undefined where there is none
 * worth the name: then the identity is a file of mode 0600 and `identityProtection` says so. `basic_text` on Linux is
 * a fixed password in Chromium's source, so it protects nothing and could lock a person out when a real one appears.
 * Call it after Electron's `ready` event.
 */
export function systemProtector(platform: NodeJS.Platform): KeyProtector | undefined {
  if (platform === 'linux' && ['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend())) {
    return undefined
  }
  if (!safeStorage.isEncryptionAvailable()) return undefined
  return {
    // safeStorage takes text; base64 keeps the bytes as they are.
    protect: (bytes) => new Uint8Array(safeStorage.encryptString(Buffer.from(bytes).toString('base64'))),
    unprotect: (bytes) => new Uint8Array(Buffer.from(safeStorage.decryptString(Buffer.from(bytes)), 'base64')),
  }
}
