import { defineConfig } from 'oxlint'

/**
 * The import arrows (docs/architecture.md): a layer may import what is left of it, never what is right of it.
 *   shared <- model <- store <- net <- service <- peer <- lab <- shell      base serves all of main but model
 * A path is matched as it is written: imports inside the project are relative and carry their extension.
 */
const layers = ['model', 'base', 'store', 'net', 'service', 'lab', 'shell'] as const
type Layer = (typeof layers)[number]

/** What each layer of main may import besides itself and `shared`. */
const mayImport: Readonly<Record<Layer, readonly Layer[]>> = {
  model: [],
  base: [],
  store: ['model', 'base'],
  net: ['model', 'base', 'store'],
  service: ['model', 'base', 'store', 'net'],
  lab: ['model', 'base', 'store', 'net', 'service'],
  shell: ['model', 'base', 'store', 'net', 'service', 'lab'],
}

interface Ban {
  readonly regex: string
  readonly message: string
}

const libp2p: Ban = {
  regex: '^(@libp2p/|libp2p$|libp2p/|@chainsafe/libp2p|@multiformats/multiaddr)',
  message: 'only src/main/net imports libp2p',
}
const sqlite: Ban = { regex: '^(node:)?sqlite$', message: 'only src/main/store imports SQLite' }
const helia: Ban = {
  regex: '^(helia$|@helia/|kubo-rpc-client|blockstore-|datastore-|ipfs-unixfs)',
  message: 'only src/main/service/files imports Helia and Kubo',
}
const electron: Ban = {
  regex: '^electron($|/)',
  message: 'only src/main/shell/electron and src/preload import electron',
}
const node: Ban = { regex: '^node:', message: 'this side has no Node' }
const peer: Ban = { regex: '^(\\.\\./)+peer\\.ts$', message: 'peer.ts is wiring: only lab and shell sit on top of it' }

function bansOf(layer: Layer): Ban[] {
  const away = layers.filter((other) => other !== layer && !mayImport[layer].includes(other))
  return [
    ...(away.length > 0
      ? [{ regex: `^(\\.\\./)+(${away.join('|')})/`, message: `${layer} may not import ${away.join(', ')}` }]
      : []),
    { regex: '^(\\.\\./)+(renderer|preload)/', message: 'main may not import renderer or preload' },
  ]
}

const restrict = (bans: readonly Ban[]) => ({ 'no-restricted-imports': ['error', { patterns: [...bans] }] as never })

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'react', 'jsx-a11y', 'promise', 'vitest'],
  categories: { correctness: 'error' },
  ignorePatterns: ['out/**', 'release/**', 'node_modules/**'],
  rules: {
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/no-non-null-assertion': 'error',
    // Test machines are spread into components on purpose: their parts are own fields.
    'typescript/no-misused-spread': 'off',
    'typescript/ban-ts-comment': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    // CIDs, PeerIds and multiaddresses have a text form that is meant to be printed.
    'typescript/restrict-template-expressions': 'off',
    'import/no-cycle': 'error',
    'import/no-default-export': 'off',
    'no-console': 'error',
    'react/react-in-jsx-scope': 'off',
    'react/exhaustive-deps': 'error',
    // Warns that React's compiler would skip a component; the compiler is not used.
    'react/incompatible-library': 'off',
    // role="status" and role="search" are on elements whose own tag says something else.
    'jsx-a11y/prefer-tag-over-role': 'off',
    'vitest/require-to-throw-message': 'off',
    'vitest/no-conditional-expect': 'off',
    'vitest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'fc.assert'] }],
  },
  overrides: [
    {
      files: ['src/shared/**'],
      rules: restrict([
        node,
        electron,
        libp2p,
        helia,
        sqlite,
        { regex: '^(\\.\\./)+(main|renderer|preload)/', message: 'shared is a leaf' },
      ]),
    },
    { files: ['src/main/base/**'], rules: restrict([...bansOf('base'), libp2p, sqlite, helia, electron, peer]) },
    {
      files: ['src/main/model/**'],
      rules: restrict([
        ...bansOf('model'),
        libp2p,
        sqlite,
        helia,
        electron,
        peer,
        {
          regex:
            '^(node:)?(fs|net|http|https|http2|dgram|dns|os|path|process|timers|child_process|worker_threads|cluster|tls|stream|perf_hooks)(/|$)',
          message: 'the model is pure: no I/O, no timers',
        },
      ]),
    },
    { files: ['src/main/store/**'], rules: restrict([...bansOf('store'), libp2p, helia, electron, peer]) },
    { files: ['src/main/net/**'], rules: restrict([...bansOf('net'), sqlite, helia, electron, peer]) },
    { files: ['src/main/service/**'], rules: restrict([...bansOf('service'), libp2p, sqlite, helia, electron, peer]) },
    { files: ['src/main/service/files/**'], rules: restrict([...bansOf('service'), libp2p, sqlite, electron, peer]) },
    { files: ['src/main/lab/**'], rules: restrict([...bansOf('lab'), libp2p, sqlite, helia, electron]) },
    { files: ['src/main/shell/**'], rules: restrict([...bansOf('shell'), libp2p, sqlite, helia, electron]) },
    { files: ['src/main/shell/electron/**'], rules: restrict([...bansOf('shell'), libp2p, sqlite, helia]) },
    {
      files: ['src/preload/**'],
      rules: restrict([
        node,
        libp2p,
        sqlite,
        helia,
        { regex: '^(\\.\\./)+(main|renderer)/', message: 'preload knows only shared' },
      ]),
    },
    {
      files: ['src/renderer/**'],
      rules: restrict([
        node,
        electron,
        libp2p,
        sqlite,
        helia,
        { regex: '^(\\.\\./)+(main|preload)/', message: 'the renderer knows only shared' },
      ]),
    },
    {
      // What tests of the line to the peer speak to: a real server.
      files: ['src/renderer/testing/real-server.ts'],
      rules: restrict([
        electron,
        libp2p,
        sqlite,
        helia,
        { regex: '^(\\.\\./)+(main|preload)/', message: 'the renderer knows only shared' },
      ]),
    },
    { files: ['scripts/**', 'bench/**', 'e2e/**', 'src/main/shell/cli/**'], rules: { 'no-console': 'off' } },
  ],
})
