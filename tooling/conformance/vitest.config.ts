import { libraryTests } from '@x-tooling/testing/config';

// One test bundles and runs a part of tfjs-core's suite.
export default libraryTests({ testTimeout: 120_000 });
