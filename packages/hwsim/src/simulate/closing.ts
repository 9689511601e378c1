import { exchangeTime } from './exchange.ts';
import type { StageWork } from './passes.ts';
import type { Plan } from './plan.ts';
import { blank, copies, type Work } from './work.ts';

/** What a device holds from beginning to end. Bytes. */
export interface DeviceState {
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
}

interface Share {
  readonly expert: boolean;
  readonly parameters: number;
  readonly weightBytes: number;
  readonly gradientBytes: number;
}

function sharesOf(stages: readonly StageWork[]): Share[] {
  return [false, true].map((expert) => {
    const own = stages.flatMap(({ layers }) => layers.filter((layer) => layer.expert === expert));
    const sum = (of: (layer: (typeof own)[number]) => number): number => own.reduce((total, layer) => total + of(layer), 0);
    return {
      expert,
      parameters: sum((l) => l.parameters),
      weightBytes: sum((l) => l.weightBytes),
      gradientBytes: sum((l) => l.gradientBytes),
    };
  });
}

/** Weights, gradients and optimizer state of the stages on a device, ZeRO's parts spread over their copies. */
export function deviceState(plan: Plan, stages: readonly StageWork[]): DeviceState {
  let [weights, gradients, optimizer] = [0, 0, 0];
  for (const share of sharesOf(stages)) {
    const over = (stage: number): number => (plan.zero >= stage ? copies(share.expert, plan.parallel) : 1);
    weights += share.weightBytes / over(3);
    if (!plan.training) continue;
    gradients += share.gradientBytes / over(2);
    optimizer += (share.parameters * plan.stateBytes) / over(1);
  }
  return { weights, gradients, optimizer };
}

/**
 * What a device does when all micro-batches are through: exchange gradients with the copies of its stages, update its parameters, and with ZeRO 1 and 2
 * gather the updated weights.
 *
 * @param onDevices how many devices of one pipeline hold the same stage (two in Chimera)
 */
export function closingWork(plan: Plan, stages: readonly StageWork[], onDevices: number): Work[] {
  const { hardware, parallel, zero, stateBytes } = plan;
  const work: Work[] = [];
  const span = parallel.tensor * parallel.data * (onDevices > 1 ? parallel.pipeline : 1);
  const exchange = (name: string, collective: 'all-reduce' | 'all-gather' | 'reduce-scatter', bytes: number, members: number): void => {
    if (members === 1 || bytes === 0) return;
    const seconds = exchangeTime({ collective, group: 'data', bytes }, hardware, members, span);
    work.push({ ...blank(name, 'exchange'), seconds, limit: 'network', exchanged: bytes });
  };
  const shares = sharesOf(stages).filter((share) => share.parameters > 0);
  const label = (name: string, expert: boolean): string => (expert ? `experts’ ${name}` : name);
  for (const { expert, gradientBytes } of shares) {
    const members = copies(expert, parallel) * onDevices;
    // From stage 2 on they were scattered as they arose.
    if (zero <= 1) exchange(label('gradients', expert), zero === 0 ? 'all-reduce' : 'reduce-scatter', gradientBytes, members);
    else if (onDevices > 1) exchange(label('gradients', expert), 'all-reduce', gradientBytes / copies(expert, parallel), onDevices);
  }
  for (const { expert, parameters, gradientBytes, weightBytes } of shares) {
    // Each copy updates its part of the parameters, from that part of the state and of the gradients.
    const parts = zero >= 1 ? copies(expert, parallel) : 1;
    const moved = (2 * parameters * stateBytes + gradientBytes + weightBytes) / parts;
    const [arithmetic, memory] = [
      (11 * parameters) / parts / hardware.vector,
      moved / (hardware.memory.bandwidth * (hardware.reached?.memory ?? 1)),
    ];
    const overhead = hardware.overhead ?? 0;
    work.push({
      ...blank(label('parameters', expert), 'optimizer'),
      seconds: Math.max(arithmetic, memory) + overhead,
      limit: overhead > Math.max(arithmetic, memory) ? 'overhead' : arithmetic >= memory ? 'arithmetic' : 'memory',
      bytes: moved,
      memoryEnergy: moved * hardware.memory.energy,
    });
  }
  if (zero === 1 || zero === 2)
    for (const { expert, weightBytes } of shares)
      exchange(label('weights', expert), 'all-gather', weightBytes, copies(expert, parallel) * onDevices);
  return work;
}
