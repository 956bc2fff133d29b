import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { resolve } from 'node:path'

const main = (file: string) => resolve(import.meta.dirname, 'src/main', file)

/** Programs of the main side; workers and the simulated robot are started by file, see src/main/base/entry.ts. */
const entries = {
  index: main('index.ts'),
  daemon: main('daemon.ts'),
  cli: main('cli.ts'),
  'swarm-cli': main('swarm-cli.ts'),
  'verify-worker': main('net/ingest/verify-worker.ts'),
  'checkpoint-worker': main('store/checkpoint-worker.ts'),
  'log-worker': main('service/logs/log-worker.ts'),
  'hash-worker': main('service/files/hash-worker.ts'),
  'robot-process': main('lab/robot-process.ts'),
}

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      target: 'node22',
      minify: false,
      rollupOptions: {
        input: entries,
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload script must be CommonJS and stand alone.
      rollupOptions: {
        input: { index: resolve(import.meta.dirname, 'src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [react()],
    build: {
      outDir: resolve(import.meta.dirname, 'out/renderer'),
      minify: true,
      chunkSizeWarningLimit: 2000,
      rollupOptions: { input: { index: resolve(import.meta.dirname, 'src/renderer/index.html') } },
    },
  },
})
