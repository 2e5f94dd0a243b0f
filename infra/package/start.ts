import { main } from '../../src/cli/main.ts';

// Where the executable begins: one file has no other to be called from.
await main();
