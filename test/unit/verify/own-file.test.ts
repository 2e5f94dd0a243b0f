import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { requireOwnFile } from '../../../src/verify/history/own-file.ts';
import { describeNeeding, root } from '../../support/needs.ts';
import { nobody } from '../../support/other-user.ts';

let state = '';
let folder = '';
let path = '';

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'isoledger-own-'));
  folder = join(state, 'history');
  path = join(folder, 'applied.sqlite');
  mkdirSync(folder, { mode: 0o750 });
  writeFileSync(path, '', { mode: 0o640 });
});
afterEach(() => {
  for (const place of [state, elsewhere(state)]) rmSync(place, { recursive: true, force: true });
});

it('is right of a file that its account alone writes', () => {
  expect(() => {
    requireOwnFile(path);
  }).not.toThrow();
});

it.each<[what: string, words: string, deed: () => void]>([
  [
    'that its group writes',
    'other accounts can write it',
    () => {
      chmodSync(path, 0o660);
    },
  ],
  [
    'that everybody writes',
    'other accounts can write it',
    () => {
      chmodSync(path, 0o642);
    },
  ],
  [
    'in a folder of a group',
    'other accounts can write it',
    () => {
      chmodSync(folder, 0o770);
    },
  ],
  [
    'in a folder of everybody',
    'other accounts can write it',
    () => {
      chmodSync(folder, 0o757);
    },
  ],
  [
    'that is a link',
    'a link leads to it',
    () => {
      link(path);
    },
  ],
  [
    'in a folder that is a link',
    'a link leads to it',
    () => {
      link(folder);
    },
  ],
  [
    'with a link on its way',
    'a link leads to its folder',
    () => {
      link(state);
    },
  ],
  [
    'that is not there',
    'it is not there',
    () => {
      rmSync(path);
    },
  ],
])('refuses a file %s', (_, words, deed) => {
  deed();
  expect(() => {
    requireOwnFile(path);
  }).toThrow(words);
});

describeNeeding([root], 'an index of another account', () => {
  it('is refused, unless the folder around is of that account as well', () => {
    for (const place of [path, folder]) {
      chownSync(place, nobody, nobody);
      expect(() => {
        requireOwnFile(path);
      }).toThrow('it belongs to another account');
      chownSync(place, 0, 0);
    }
    for (const place of [path, folder, state]) chownSync(place, nobody, nobody);
    expect(() => {
      requireOwnFile(path);
    }).not.toThrow();
  });
});

/** What is at a place stands elsewhere, and a link leads to it. */
function link(place: string): void {
  renameSync(place, elsewhere(place));
  symlinkSync(elsewhere(place), place);
}

function elsewhere(place: string): string {
  return `${place}-elsewhere`;
}
