import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// The host that `npm run dev` works with.
const host = process.env.LOCKGATE_URL ?? 'http://127.0.0.1:7747';

export default defineConfig({
  base: '/console/',
  plugins: [svelte()],
  build: {
    outDir: process.env.CONSOLE_OUT ?? '../../target/console/dist',
    emptyOutDir: true,
    // Browsers that have `light-dark()` and `<dialog>`, so that no style is rewritten for others.
    target: ['chrome123', 'firefox128', 'safari17.5'],
    // The content security policy takes resources of the origin alone: nothing becomes a `data:` address or an inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: {
    proxy: { '^/(v1|connect|console/(session|image))': { target: host } },
  },
  test: { include: ['src/**/*.test.ts'] },
});
