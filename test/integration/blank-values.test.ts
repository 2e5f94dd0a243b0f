import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isBlank } from '../../events/free-text.ts';
import { Workplace } from '../support/command-line.ts';
import { everyCommand } from '../support/every-command.ts';

/** Each of them shows nothing: spaces of several scripts, marks without ink, fillers, the empty pattern of Braille. */
const blanks = ['', '   ', '\u00a0', '\u200b\u2060', '\u3164', '\u2800', '\u3000'];

/** Commands of later versions take any words, to say that they are not built; one that completes takes what is not begun. */
const asked = everyCommand.filter(
  ({ command }) =>
    !command.name().startsWith('__') && command.registeredArguments.every((one) => !one.variadic),
);

describe('a blank value', () => {
  it.each(asked.map((leaf) => [leaf.path.join(' '), leaf] as const))(
    'of any option or argument of %s is refused by the name of it, before anything is opened',
    async (_name, { path, command }) => {
      using place = new Workplace();
      const names = command.registeredArguments.map((argument) => argument.name());
      const choices = command.registeredArguments.map(({ argChoices }) => argChoices?.[0] ?? 'seq:1');
      const must = command.options
        .filter(({ mandatory }) => mandatory)
        .flatMap(({ long }) => [long ?? '', 'x']);
      const options = [
        ...command.options,
        ...(command.parent?.parent?.options ?? command.parent?.options ?? []),
      ];
      for (const blank of blanks) {
        for (const { long = '' } of options.filter(({ required, optional }) => required || optional)) {
          const { code, err } = await place.run(...path, ...choices, ...must, long, blank);
          expect([long, code, err]).toEqual([long, 2, expect.stringContaining(long)]);
        }
        for (const [index, name] of names.entries()) {
          const { code, err } = await place.run(...path, ...choices.with(index, blank), ...must);
          expect([name, code, err]).toEqual([name, 2, expect.stringContaining(name)]);
        }
      }
      expect(existsSync(place.ledgerPath)).toBe(false);
    },
  );

  it('is no reason to accept an exposure, no name and no place', async () => {
    using place = new Workplace();
    const hold = ['rebuild', '--shard', 'north', '--at', 'seq:39', '--hold', '--accept-exposure'];
    for (const blank of blanks)
      expect(await place.run(...hold, '--reason', blank)).toEqual({
        ...{ code: 2, out: '' },
        err: 'isoledger: --reason needs a reason that says something, or leave it out\n',
      });
  });

  it.each(['4711', '?', '\u{1f525}', '\u6771', ' x '])('is none of the likes of %s', (text) => {
    expect(isBlank(text)).toBe(false);
  });
});
