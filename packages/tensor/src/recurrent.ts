// `@x/tensor/recurrent`: recurrent layers.
export { gru, type GruLayer } from './layers/recurrent/gru.ts';
export { lstm, type LstmLayer } from './layers/recurrent/lstm.ts';
export type { RecurrentLayer, RecurrentOptions, RecurrentState } from './layers/recurrent/recurrent-layer.ts';
