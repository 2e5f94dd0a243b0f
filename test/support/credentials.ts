import fc from 'fast-check';

/** Begin and end of each password: they are in no other word. */
export const marks = /xJqQ|QJqx/;

const signs = Array.from('aZ0-_.~%!$*+;/:?@=&#"\'\\|<>()[]{}é\u202e\n\u0007');

/** A password of any signs, also longer than what is quoted of a text. */
function passwords({ withBlanks = false } = {}): fc.Arbitrary<string> {
  const unit = fc.constantFrom(...signs, ...(withBlanks ? [' ', '\t'] : []));
  return fc
    .oneof(
      fc.string({ unit, minLength: 1, maxLength: 12 }),
      fc.string({ unit, minLength: 60, maxLength: 300 }),
    )
    .map((text) => `xJqQ${text}QJqx`);
}

type Place = (password: string) => string;

/** Texts with a user and a password in them, however they came about. */
const placesOfBlanks: readonly Place[] = [
  (password) => `esdb://bob:${password}@h:2113`,
  (password) => `sqlite:esdb://bob:${password}@h`,
  (password) => `x/esdb://bob:${password}@h:2113?tls=false`,
  (password) => `./esdb:/bob:${password}@h`,
  (password) => `nats://:${password}@h:4222`,
  (password) => `bob:${password}@h:2113`,
  (password) => `bob:${password}@[::1]:2113`,
  (password) => `ada@corp.example:${password}@h:2113`,
  (password) => `it was https://bob:${password}@h/x, says ada@example.com`,
];
/** The same where a blank ends the password for everybody. */
const placesOfWords: readonly Place[] = [
  (password) => `bob:${password}@h`,
  (password) => `moved to (bob:${password}@h), says ada`,
];

/** A text with a password planted in it. */
export const planted: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(fc.constantFrom(...placesOfBlanks), passwords({ withBlanks: true })).map(([at, one]) => at(one)),
  fc
    .tuple(
      fc.constantFrom(...placesOfWords),
      passwords().filter((one) => !/\s/.test(one)),
    )
    .map(([at, one]) => at(one)),
);
