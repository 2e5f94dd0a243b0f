import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flawOfPath, jsonWithoutCredentials, withoutCredentials } from '../../../src/runtime/credentials.ts';
import { printable } from '../../../src/runtime/printable.ts';
import { excerpt } from '../../../src/policy/excerpt.ts';
import { cut, say } from '../../../src/words/shown.ts';
import { marks, planted } from '../../support/credentials.ts';

describe('text that holds a user and a password', () => {
  it.each([
    ['esdb://bob:s3@h:2113', 'esdb://...@h:2113'],
    ['/home/ada/esdb:/bob:s3@h', '/home/ada/esdb:/...@h'],
    ['sqlite:esdb:ada:s3@h:1', 'sqlite:esdb:...@h:1'],
    ['redis://:s3@h', 'redis://...@h'],
    ['"bob:s3@h:1" is none', '"...@h:1" is none'],
    ['bob:s 3@h:1', '...@h:1'],
    ['esdb://bob:12345@h', 'esdb://...@h'],
  ])('%s is shown as %s', (text, shown) => {
    expect(withoutCredentials(text)).toBe(shown);
    expect(say`${text}`.text).toBe(shown);
  });

  it('is shown without them wherever it stands, cut or not, and stays as it is when it is shown again', () => {
    fc.assert(
      fc.property(planted, fc.string(), fc.string(), (text, before, after) => {
        const whole = `${before} ${text} ${after}`;
        const shown = withoutCredentials(printable(whole));
        expect(shown).not.toMatch(marks);
        expect(withoutCredentials(shown)).toBe(shown);
        for (const one of [say`${whole}`.text, cut(whole, 160), excerpt(text), excerpt(whole)])
          expect(one).not.toMatch(marks);
        expect(flawOfPath(text)).toBeDefined();
      }),
    );
  });

  it('is no value and no key of JSON, which stays JSON with all the rest', () => {
    fc.assert(
      fc.property(planted, fc.jsonValue(), (text, other) => {
        const json = jsonWithoutCredentials(
          JSON.stringify({ [text]: 1, in: [text, { text }], other: [other] }),
        );
        expect(json).not.toMatch(marks);
        expect(json).toContain(`"other":${jsonWithoutCredentials(JSON.stringify([other]))}`);
      }),
    );
  });
});

describe('text without a password stays as it is', () => {
  it.each([
    'ada@example.com asked for it: see https://wiki.example/x: ask ada@example.com',
    'https://wiki.example:8443/x says ada@example.com',
    'https://[::1]:2113 says ada@example.com',
    'http://h is down: mail ada@example.com',
    'git@github.com:org/repo.git@4f2a',
    'sqlite:/home/ada@corp/ledger.db',
    'registry.example/x:1.2@sha256:9f00',
    'reason: ada@example.com',
    '{"contact":"ada@example.com"}',
    '12:30 ada@host:22 says no',
    'icmp/8:0 by ada@example.com',
    'mailto:ada@example.com',
    'esdb://USER:PASSWORD@HOST:PORT?OPTIONS',
    'https://ada@h:22/x',
    'seq:331 by ada@example.com at 2026-03-01T12:00:00Z, approval CAB-7',
  ])('%s', (text) => {
    expect(withoutCredentials(text)).toBe(text);
  });

  it('whatever it is, where it holds no @, or no colon before it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const text = `${before.replaceAll(':', '')}@${after.replaceAll('@', '')}`;
        expect(withoutCredentials(text)).toBe(text);
        expect(withoutCredentials(after.replaceAll('@', ''))).toBe(after.replaceAll('@', ''));
      }),
    );
  });

  it('a path is one, also with an @, a colon or a blank in it', () => {
    for (const path of ['./a b/c', '/home/ada@corp/x', 'x@y', 'c:d', '/srv/12:30/x', 'ada@corp/2026:1', '..'])
      expect(flawOfPath(path)).toBeUndefined();
    // Who begins a text as a path means one.
    for (const path of ['./pol:v1@main', '/srv/b-12:30@site.db', '../x:y@z:1'])
      expect(flawOfPath(path)).toBeUndefined();
  });
});
