import { defineConfig } from 'vitest/config'

/**
 * Kinds of tests, one after the other so that they do not take each other's time: `unit` beside the source, the
 * `renderer`'s in jsdom, `fuzz` of every decoder, `swarm` with real processes and network namespaces, `e2e` in a real
 * browser (and the real Electron where there is one) against the build.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['scripts/patience.ts'],
          sequence: { groupOrder: 0 },
          // They wait for conditions, so that they may share the machine.
          maxWorkers: 2,
          include: ['src/{main,shared,preload}/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/kubo-store.test.ts'],
          environment: 'node',
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'renderer',
          sequence: { groupOrder: 1 },
          include: ['src/renderer/**/*.test.{ts,tsx}'],
          environment: 'jsdom',
          setupFiles: ['scripts/patience.ts', 'src/renderer/test-setup.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'fuzz',
          setupFiles: ['scripts/patience.ts'],
          sequence: { groupOrder: 2 },
          include: ['src/main/fuzz/*.fuzz.ts'],
          environment: 'node',
        },
      },
      {
        test: {
          name: 'swarm',
          setupFiles: ['scripts/patience.ts'],
          sequence: { groupOrder: 3 },
          include: ['e2e/swarm/**/*.test.ts'],
          exclude: ['**/kubo.test.ts'],
          environment: 'node',
          testTimeout: 240_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          setupFiles: ['scripts/patience.ts'],
          sequence: { groupOrder: 4 },
          include: ['e2e/app/**/*.test.ts'],
          environment: 'node',
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'kubo',
          setupFiles: ['scripts/patience.ts'],
          // Last: it waits for the real Kubo, which `npm test` builds behind all others.
          sequence: { groupOrder: 5 },
          include: ['src/main/service/files/kubo-store.test.ts', 'e2e/swarm/kubo.test.ts'],
          environment: 'node',
          testTimeout: 120_000,
          // As long as a build may take.
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
