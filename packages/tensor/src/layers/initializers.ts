export { constant, normal, ones, truncatedNormal, uniform, zeros, type Initializer } from './initializer.ts';
export { fans } from './fan.ts';
export { orthogonal } from './orthogonal.ts';
export { glorotNormal, glorotUniform, heNormal, heUniform, lecunNormal, lecunUniform } from './variance-scaling.ts';
