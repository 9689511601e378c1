import { defineConfig } from 'vite';
import { fashionMnist } from './server/fashion-mnist.ts';

/** With these, the page's threads may share memory. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  plugins: [fashionMnist()],
  // Workspace packages come from their sources, as everywhere in this repository.
  resolve: { conditions: ['@x/source', 'module', 'browser', 'development|production'] },
  server: { headers: isolation },
  preview: { headers: isolation },
  worker: { format: 'es' },
  // Known beforehand, so that the page isn't loaded anew when one of them is met.
  optimizeDeps: {
    include: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-core/dist/register_all_gradients.js',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgl',
      'comlink',
      'uplot',
    ],
  },
  build: { target: 'esnext', chunkSizeWarningLimit: 2000 },
});
