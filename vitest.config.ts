import { defineConfig } from 'vitest/config'

/**
 * Kinds of tests: `unit` beside the source, the `renderer`'s in jsdom, `fuzz` of every decoder; then `swarm` with real
 * processes and network namespaces and `e2e` in a real browser (and the real Electron where there is one) against the
 * build; last `kubo`, which waits for the real Kubo that `npm test` builds behind all others.
 *
 * Most of a test's time is waiting for peers to notice something, so that a few run at a time. That is safe: each has its
 * own homes, ports and network namespaces, and waits for conditions.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['scripts/patience.ts'],
          sequence: { groupOrder: 0 },
          maxWorkers: 3,
          include: ['src/{main,shared,preload}/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/kubo-{store,change}.test.ts'],
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'renderer',
          sequence: { groupOrder: 0 },
          maxWorkers: 3,
          include: ['src/renderer/**/*.test.{ts,tsx}'],
          environment: 'jsdom',
          setupFiles: ['scripts/patience.ts', 'src/renderer/test-setup.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'fuzz',
          setupFiles: ['scripts/patience.ts'],
          sequence: { groupOrder: 0 },
          maxWorkers: 3,
          include: ['src/main/fuzz/*.fuzz.ts'],
          environment: 'node',
        },
      },
      {
        test: {
          name: 'swarm',
          setupFiles: ['scripts/patience.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          include: ['e2e/swarm/**/*.test.ts'],
          exclude: ['**/kubo.test.ts'],
          environment: 'node',
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          setupFiles: ['scripts/patience.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          include: ['e2e/app/**/*.test.ts'],
          environment: 'node',
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          name: 'kubo',
          setupFiles: ['scripts/patience.ts'],
          sequence: { groupOrder: 2 },
          maxWorkers: 2,
          include: ['src/main/service/files/kubo-{store,change}.test.ts', 'e2e/swarm/kubo.test.ts'],
          environment: 'node',
          testTimeout: 120_000,
          // As long as a build may take.
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
