import { defineConfig } from 'vite';
import preact from '@preact/preset-vite';

// The bundle in dist/ is committed and embedded in the program: names carry a hash of the contents.
export default defineConfig({
  plugins: [preact()],
  build: { outDir: 'dist', assetsInlineLimit: 0, modulePreload: { polyfill: false }, sourcemap: false },
});
