import { libraryTests } from '@x-tooling/testing/config';

export default libraryTests({ testTimeout: 120_000 });
