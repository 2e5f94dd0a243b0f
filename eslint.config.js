import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const namedExports = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Named exports only: a name that is the same everywhere.',
  },
  { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that defines it.' },
];

/** Events are told apart by their type: a default that says nothing would leave a new kind of event alone unseen. */
const everyKind = {
  selector:
    "SwitchStatement[discriminant.property.name='type'] > SwitchCase[test=null]:not(:has(TSSatisfiesExpression))",
  message: 'Name the kinds that come here: `event.type satisfies Kinds<...>` (events/catalogue.ts).',
};

const becauseOfPurity = 'Pure code: take the instant, the random number or the setting as an argument.';

const argumentlessDate = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0], CallExpression[callee.name='Date']",
  message: becauseOfPurity,
};

const impure = [
  'process',
  'performance',
  'crypto',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
];

const becauseTimeIsAPort =
  'Ask the clock that was handed over (src/runtime/clock.ts): a simulation runs what waits, and lets no real time pass.';

const becauseTextIsEscaped =
  'Words for people go through Io (src/cli/io.ts), which takes them escaped only; the log has src/runtime/log.ts.';

const rawTerminal = ['stdout', 'stderr'].map((property) => ({
  object: 'process',
  property,
  message: becauseTextIsEscaped,
}));

const dateNow = { object: 'Date', property: 'now', message: becauseTimeIsAPort };

const timers = ['timers', 'timers/promises', 'perf_hooks'].flatMap((name) => [name, `node:${name}`]);

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'test/bench/peers/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', ...namedExports, everyKind],
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // An options object says at the call what each value is.
      '@typescript-eslint/max-params': ['error', { max: 4 }],
    },
  },
  {
    // A function that is longer hides a concept that has no name yet. Tests tell a story from top to bottom.
    files: ['{events,projections,src}/**/*.{ts,js}'],
    rules: {
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // Time is a port. Only its adapter asks the machine.
    files: ['src/**/*.ts'],
    ignores: ['src/runtime/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            ...timers.map((name) => ({ name, message: becauseTimeIsAPort })),
            ...['fs', 'node:fs'].map((name) => ({
              name,
              importNames: ['mkdirSync'],
              message:
                'makeFolders of src/runtime/durable-file.ts ends where a file system takes no folders.',
            })),
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        ...['performance', 'setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
          name,
          message: becauseTimeIsAPort,
        })),
      ],
      'no-restricted-properties': ['error', dateNow, ...rawTerminal],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        ...namedExports,
        everyKind,
        { ...argumentlessDate, message: becauseTimeIsAPort },
      ],
    },
  },
  {
    // One place writes to the terminal.
    files: ['src/cli/io.ts'],
    rules: { 'no-restricted-properties': ['error', dateNow] },
  },
  {
    files: ['src/runtime/**/*.ts'],
    rules: { 'no-restricted-properties': ['error', ...rawTerminal], 'no-console': 'error' },
  },
  {
    // These are functions of their arguments alone: the same entries and documents give the same answer on every machine.
    files: [
      '{events,projections}/**/*.ts',
      'src/{domain,translate}/**/*.ts',
      'src/overlay/{,ovs/pipeline/}*.ts',
      'src/siem/formats/**/*.ts',
    ],
    rules: {
      'no-restricted-globals': ['error', ...impure.map((name) => ({ name, message: becauseOfPurity }))],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: becauseOfPurity },
        { object: 'Math', property: 'random', message: becauseOfPurity },
      ],
      'no-restricted-syntax': ['error', ...namedExports, everyKind, argumentlessDate],
    },
  },
  {
    files: ['**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
  {
    // These tools read a default export.
    files: ['eslint.config.js', 'vitest.config.ts', '.dependency-cruiser.js'],
    rules: { 'no-restricted-syntax': 'off', '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
);
