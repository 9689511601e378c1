/** The name that tfjs knows our backend by. */
export const BACKEND = 'x';
