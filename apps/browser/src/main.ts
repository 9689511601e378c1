import { proxy, wrap } from 'comlink';
import type { Tier } from '@x/tensor';
import { modelFacts, modelNames, type ModelName } from './training/model-names.ts';
import type { DataFacts, Machine, NetworkFacts, RunEvent, Trainer } from './training/protocol.ts';
import { charts } from './view/charts.ts';
import { compare } from './view/compare.ts';
import { drawingPad } from './view/drawing-pad.ts';
import { element, make } from './view/elements.ts';
import { count, percent } from './view/format.ts';
import { probabilityBars } from './view/probabilities.ts';

/** Training happens in a thread of its own, so that the page stays fluid. */
const trainer = wrap<Trainer>(new Worker(new URL('./training/worker.ts', import.meta.url), { type: 'module', name: 'training' }));

type State = 'loading' | 'ready' | 'training' | 'paused' | 'busy';
let state: State = 'loading';
let data: DataFacts | undefined;
let hasNetwork = false;
/** Whether a run has begun and not ended, paused or not. */
let live = false;
/** Which run the page shows: what an earlier one still has to say comes by a channel of its own, perhaps later. */
let run = 0;

const form = element<HTMLFormElement>('options');
const button = (id: string): HTMLButtonElement => element<HTMLButtonElement>(id);
const plots = charts();
const pad = drawingPad(element<HTMLCanvasElement>('pad'), () => {
  element('truth').textContent = '';
  predictSoon();
});
let showProbabilities: ReturnType<typeof probabilityBars> = () => {};

function choice(name: string): string {
  return (form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement).value;
}

function engine(): { threads?: number; tier?: Tier } {
  const tier = choice('tier') as Tier | '';
  return { threads: Number(choice('threads')), ...(tier && { tier }) };
}

function enter(next: State): void {
  state = next;
  const idle = next === 'ready' || next === 'training' || next === 'paused';
  button('train').disabled = !data || !idle;
  button('train').textContent = hasNetwork && next !== 'loading' ? 'Train anew' : 'Train';
  button('pause').disabled = next !== 'training' && next !== 'paused';
  button('pause').textContent = next === 'paused' ? 'Resume' : 'Pause';
  button('compare').disabled = !idle;
  button('sample').disabled = !data;
  button('save').disabled = !hasNetwork;
  element<HTMLInputElement>('file').disabled = !data || !idle;
  document.body.dataset['state'] = next;
}

/** Runs what a button started; what goes wrong is told on the page. */
async function attempt(what: () => Promise<void>): Promise<void> {
  const trouble = element('trouble');
  trouble.hidden = true;
  try {
    await what();
  } catch (error) {
    trouble.textContent = error instanceof Error ? error.message : String(error);
    trouble.hidden = false;
  }
}

function showMachine({ tier, threads, limits }: Machine): void {
  const text = `Backend x: tier ${tier}, ${threads} thread${threads > 1 ? 's' : ''}.`;
  const why = limits.filter((limit) => !limit.endsWith('as asked'));
  element('machine').textContent = text + (why.length > 0 ? ` Why not better: ${why.join('; ')}.` : '');
}

function showNetwork({ model, parameters }: NetworkFacts): void {
  hasNetwork = true;
  element('network').textContent = `${modelFacts[model].layers}: ${count(parameters)} parameters`;
}

function show(event: RunEvent): void {
  plots.show(event);
  if (event.type === 'step') {
    const { epoch, epochs, step, steps, loss, imagesPerSecond } = event;
    element('loss').textContent = loss.toFixed(3);
    element('speed').textContent = count(imagesPerSecond);
    element('epoch').textContent = `${epoch} of ${epochs}`;
    element<HTMLProgressElement>('done').value = step / steps;
  } else if (event.type === 'test') {
    element('accuracy').textContent = percent(event.accuracy);
    predictSoon();
  } else {
    live = false;
    if (event.type === 'failed') void attempt(() => Promise.reject(new Error(event.reason)));
    if (state === 'training' || state === 'paused') enter('ready');
    if (event.type === 'end') element('state').textContent = `Training is done: test accuracy ${element('accuracy').textContent}.`;
    predictSoon();
  }
}

let predicting = false;
let outdated = false;
/** Shows what the network makes of the pad; while an answer is on its way, further changes wait for it. */
function predictSoon(): void {
  if (!data || !hasNetwork) return;
  if (predicting) {
    outdated = true;
    return;
  }
  const pixels = pad.read(data.width);
  if (pixels.every((value) => value === 0)) {
    showProbabilities(undefined);
    return;
  }
  predicting = true;
  void attempt(async () => {
    try {
      showProbabilities(await trainer.predict(pixels));
    } finally {
      predicting = false;
      if (outdated) {
        outdated = false;
        predictSoon();
      }
    }
  });
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(async () => {
    enter('busy');
    const own = ++run;
    live = false;
    for (const id of ['accuracy', 'loss', 'speed', 'epoch']) element(id).textContent = '–';
    try {
      await trainer.stop();
      plots.clear();
      showMachine(await trainer.enable(engine()));
      const model = choice('model') as ModelName;
      const options = {
        model,
        batch: Number(choice('batch')),
        epochs: Number(choice('epochs')),
        learningRate: Number(choice('rate')),
        seed: 1,
      };
      const listen = (event: RunEvent): void => {
        if (own === run) show(event);
      };
      showNetwork(await trainer.begin(options, proxy(listen)));
      live = true;
      element('state').textContent = 'Training.';
      enter('training');
    } catch (error) {
      hasNetwork = false;
      enter('ready');
      throw error;
    }
  });
});

button('pause').addEventListener('click', () => {
  void attempt(async () => {
    if (state === 'paused') {
      await trainer.resume();
      enter('training');
    } else {
      await trainer.pause();
      enter('paused');
    }
    element('state').textContent = state === 'paused' ? 'Training is paused.' : 'Training goes on.';
  });
});

button('clear').addEventListener('click', () => {
  pad.clear();
  element('truth').textContent = '';
  predictSoon();
});

button('sample').addEventListener('click', () => {
  void attempt(async () => {
    const { pixels, label } = await trainer.testImage(Math.floor(Math.random() * data!.testImages));
    pad.show(pixels, data!.width);
    element('truth').textContent = `A test image: ${data!.classes[label]}. You can draw on it.`;
    predictSoon();
  });
});

button('compare').addEventListener('click', () => {
  void attempt(async () => {
    const before = state;
    if (before === 'training') await trainer.pause();
    enter('busy');
    try {
      await compare(choice('model') as ModelName, engine());
    } finally {
      if (before === 'training') await trainer.resume();
      enter(live ? before : 'ready');
    }
  });
});

button('save').addEventListener('click', () => {
  void attempt(async () => {
    const bytes = await trainer.save();
    const url = URL.createObjectURL(new Blob([bytes]));
    make('a', { href: url, download: 'fashion-mnist.safetensors' }).click();
    URL.revokeObjectURL(url);
    element('weights-note').textContent = `Saved ${count(bytes.length / 1e6)} MB.`;
  });
});

const file = element<HTMLInputElement>('file');
file.addEventListener('change', () => {
  void attempt(async () => {
    const [chosen] = file.files ?? [];
    if (!chosen) return;
    enter('busy');
    element('weights-note').textContent = `Loading ${chosen.name} …`;
    try {
      const restored = await trainer.restore(new Uint8Array(await chosen.arrayBuffer()));
      run += 1;
      live = false;
      showNetwork(restored);
      element<HTMLSelectElement>('model').value = restored.model;
      element('accuracy').textContent = percent(restored.accuracy);
      element('weights-note').textContent = `Loaded ${chosen.name}: test accuracy ${percent(restored.accuracy)}.`;
    } catch (error) {
      element('weights-note').textContent = '';
      throw error;
    } finally {
      file.value = '';
      enter('ready');
      predictSoon();
    }
  });
});

function offerChoices(): void {
  const cores = navigator.hardwareConcurrency || 1;
  const threads = Array.from({ length: Math.min(cores, 64) }, (_, index) => String(index + 1));
  element('threads').replaceChildren(...threads.map((text) => make('option', {}, text)));
  element<HTMLSelectElement>('threads').value = String(threads.length);
  element('model').replaceChildren(...modelNames.map((name) => make('option', { value: name }, modelFacts[name].title)));
}

void attempt(async () => {
  offerChoices();
  showMachine(await trainer.enable(engine()));
  const progress = element<HTMLProgressElement>('progress');
  try {
    data = await trainer.load(
      new URL('data/fashion-mnist/', document.baseURI).href,
      proxy((fraction: number) => void (progress.value = fraction)),
    );
    showProbabilities = probabilityBars(element('probabilities'), data.classes);
  } finally {
    element('loading').hidden = true;
    enter('ready');
  }
});
