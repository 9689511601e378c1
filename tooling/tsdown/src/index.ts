export { library, type LibraryOptions } from './library.ts';
