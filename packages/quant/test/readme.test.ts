import { readmeSnippets } from '@x-tooling/testing/readme';

readmeSnippets(new URL('../README.md', import.meta.url));
