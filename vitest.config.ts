import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { NeedsReporter } from './test/support/needs-reporter.ts';
import { uncounted } from './test/support/unit-coverage.ts';

/** Each has a worker of its own, since it leaves its process other than it was: it replaces modules or functions of Node. */
const alone = [
  'test/contract/driver.test.ts',
  'test/integration/ovs/killed-applier.test.ts',
  'test/integration/ovs/lost-connections.test.ts',
  'test/integration/roles/swapped-locks.test.ts',
  'test/unit/overlay/embedded-closing.test.ts',
  'test/unit/overlay/embedded-standing-still.test.ts',
  'test/unit/runtime/swapped-folders.test.ts',
];

/**
 * Unit tests of what lies far from the pure parts, and of these what judges histories and estates by chance. They are not counted for
 * coverage, which takes twice their time: other unit tests reach every branch.
 */
const uncountedUnits = [
  'test/unit/{api,cli,compose,eventstoredb-double,lab,ledger,roles,runtime,serve,siem,simulation,support,verify}/**/*.test.ts',
  'test/unit/overlay/embedded-*.test.ts',
  'test/unit/isolation/{brute-verdict,resumed-engine}.test.ts',
];

export default defineConfig({
  test: {
    // Projects run in the order of their names: what waits long for others comes before what only computes.
    projects: [
      { extends: true, test: { name: 'alone', include: alone, env: uncounted } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/{contract,simulation,integration}/**/*.test.ts'],
          exclude: alone,
          // A worker takes file after file, and imports and compiles the program once. A file leaves no trace in its process.
          isolate: false,
          env: uncounted,
        },
      },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: [...alone, ...uncountedUnits],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'unit, uncounted',
          include: uncountedUnits,
          exclude: alone,
          env: uncounted,
          isolate: false,
        },
      },
    ],
    globalSetup: 'test/support/built-program.ts',
    reporters: ['default', new NeedsReporter()],
    // A bound against tests that hang, and no measure: a busy machine may take many times as long.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Two for each core: most of the time this suite waits for the disk, for switches and servers, and for processes that it started.
    maxWorkers: 2 * availableParallelism(),
    // A golden file that is missing is a failure here as in the gate: `vitest run FILE --update=all` writes it.
    update: 'none',
    coverage: {
      provider: 'custom',
      customProviderModule: './test/support/unit-coverage.ts',
      // Also where a test fails: both are wanted then.
      reportOnFailure: true,
      reporter: ['text-summary', 'json'],
      include: [
        'events/**/*.ts',
        'projections/**/*.ts',
        'src/domain/**/*.ts',
        'src/translate/**/*.ts',
        'src/overlay/*.ts',
        'src/overlay/ovs/pipeline/*.ts',
      ],
      // The pure parts have no excuse: what cannot be reached says so on its line.
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 },
    },
  },
});
