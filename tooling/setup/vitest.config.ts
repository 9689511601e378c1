import { libraryTests } from '@x-tooling/testing/config';

export default libraryTests();
