/** What YAML 1.1 makes of texts that YAML 1.2 leaves alone. Patterns of its type repository, as its readers have them. */
const otherReadings: readonly (readonly [reading: string, pattern: RegExp])[] = [
  ['a number in base 2', /^[-+]?0b[01_]+$/],
  ['a number in base 8', /^[-+]?0[0-7_]+$/],
  ['a number in base 16', /^[-+]?0x[0-9a-fA-F_]+$/],
  ['a number', /^[-+]?[0-9][0-9_]*$/],
  ['a number', /^[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9_]*)[eE][-+]?[0-9]+$/],
  ['a number', /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*$/],
  ['a number in base 60', /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/],
  [
    'a time',
    /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[tT]|[ \t]+)[0-9]{1,2}(?::[0-9]{1,2}){2}(?:\.[0-9]+)?(?:[ \t]*(?:Z|[-+][012]?[0-9](?::[0-9]{2})?))?)?$/,
  ],
];

/** A MAC, or an IPv6 address of eight groups: read as a number it is no address, so that nobody takes it for another one. */
const isAddress = /^(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7})$/i;

/**
 * The number or time that readers of YAML 1.1 make of a text that stands without quotes, and that is a text in YAML 1.2;
 * undefined where it is none to all of them. Truth values of YAML 1.1 (y, no, on) are names here: estates have them.
 */
export function otherReadingOf(text: string): string | undefined {
  if (isAddress.test(text)) return undefined;
  return otherReadings.find(([, pattern]) => pattern.test(text))?.[0];
}
