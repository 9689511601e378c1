export { checkChoice, checkNumber, describe as show } from '@x/tensor/arguments';
