export { constant, normal, ones, truncatedNormal, uniform, zeros, type Initialiser } from './initialiser.ts';
export { fans } from './fan.ts';
export { orthogonal } from './orthogonal.ts';
export { glorotNormal, glorotUniform, heNormal, heUniform, lecunNormal, lecunUniform } from './variance-scaling.ts';
