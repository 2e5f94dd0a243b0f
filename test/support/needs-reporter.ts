import { writeSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import type { Lack } from './needs.ts';

/** The suites of these files that did not run, by what they lack. Empty where all ran. */
export function tellLacks(
  suites: readonly { readonly name: string; readonly lacks: readonly Lack[] }[],
): string {
  if (suites.length === 0) return '';
  const hows = new Map(suites.flatMap(({ lacks }) => lacks.map(({ what, how }) => [what, how])));
  return [
    `${String(suites.length)} ${suites.length === 1 ? 'suite' : 'suites'} did not run:`,
    ...suites.map(({ name, lacks }) => `  ${name}: needs ${lacks.map(({ what }) => what).join(', ')}`),
    'How to get what is missing:',
    ...Array.from(hows, ([what, how]) => `  ${what}: ${how}`),
    '',
  ].join('\n');
}

/** Says in the last lines of a test run which suites did not run. Other reporters and the coverage write before that. */
export class NeedsReporter implements Reporter {
  #last = '';

  constructor() {
    process.once('exit', () => {
      if (this.#last !== '') writeSync(1, `\n${this.#last}`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const suites = modules.flatMap((module) =>
      Array.from(module.children.allSuites(), (suite) => ({
        name: `${module.relativeModuleId} > ${suite.fullName}`,
        lacks: suite.meta().lacks ?? [],
      })),
    );
    this.#last = tellLacks(suites.filter(({ lacks }) => lacks.length > 0));
  }
}
