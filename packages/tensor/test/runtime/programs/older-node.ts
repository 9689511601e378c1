/** What an engine without type stripping and without the wide tier must do; bundled before it runs. Takes the options of `enable`. */
import * as tf from '@tensorflow/tfjs-core';
import { disable, enable, type EnableOptions } from '@x/tensor';

const runtime = await enable(JSON.parse(process.argv[2] ?? '{}') as EnableOptions);
const { tier, threads, limits } = runtime;
const { summary } = await runtime.profile(() => tf.tidy(() => void tf.matMul(tf.ones([100, 100]), tf.ones([100, 100]))));
const weights = tf.variable(tf.ones([200, 10]));
const x = tf.fill<tf.Rank.R2>([300, 200], 0.5);
const { value, grads } = tf.variableGrads(() => tf.sum(tf.relu(tf.matMul(x, weights))) as tf.Scalar);
const gradient = grads[weights.name]?.dataSync();
console.log(
  JSON.stringify({
    major: Number.parseInt(process.versions.node, 10),
    tier,
    threads,
    limits,
    profiled: summary.map(({ name }) => name),
    value: value.dataSync()[0],
    gradient: gradient?.every((element) => element === 150),
  }),
);
await disable();
