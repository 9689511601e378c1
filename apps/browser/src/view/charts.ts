import type { RunEvent } from '../training/protocol.ts';
import { curves } from './curves.ts';
import { element } from './elements.ts';

export interface Charts {
  /** Draws what a run reports; the axis counts its epochs. */
  show(event: RunEvent): void;
  clear(): void;
}

const HIGHEST_LOSS = 1.2;

/** The curves of loss and accuracy. */
export function charts(): Charts {
  const lossPlace = element('loss-chart');
  const accuracyPlace = element('accuracy-chart');
  const loss = curves(
    lossPlace,
    [
      { label: 'training', color: 'first' },
      { label: 'test', color: 'second' },
    ],
    'epoch',
    // The first steps lie far above and would press all others flat.
    (_least, most) => [0, Math.min(Math.max(most, 0.1), HIGHEST_LOSS)],
  );
  const accuracy = curves(accuracyPlace, [{ label: 'test', color: 'second' }], 'epoch', (least) => [
    Math.max(0, Math.min(60, 10 * Math.floor(least / 10))),
    100,
  ]);
  let perEpoch = 1;
  const describe = (): void => {
    lossPlace.setAttribute('aria-label', `Loss by epoch; ${loss.describe()}`);
    accuracyPlace.setAttribute('aria-label', `Test accuracy in percent by epoch; ${accuracy.describe()}`);
  };
  return {
    show(event) {
      if (event.type === 'step') {
        perEpoch = event.steps / event.epochs;
        loss.until(event.epochs);
        accuracy.until(event.epochs);
        loss.add(0, event.step / perEpoch, event.loss);
      } else if (event.type === 'test') {
        loss.add(1, event.step / perEpoch, event.loss);
        accuracy.add(0, event.step / perEpoch, event.accuracy * 100);
        describe();
      }
    },
    clear() {
      loss.clear();
      accuracy.clear();
      describe();
    },
  };
}
