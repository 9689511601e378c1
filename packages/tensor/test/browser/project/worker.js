import { disable, train } from './train.js';

globalThis.addEventListener('message', async ({ data }) => {
  try {
    const result = await train(data);
    await disable();
    globalThis.postMessage({ result });
  } catch (error) {
    globalThis.postMessage({ error: String(error) });
  }
});
