import { printableJson } from '../../runtime/printable.ts';

/** A value as JSON on one line, in which every character that cannot be seen is an escape of JSON. */
export function jsonLine(value: object): string {
  return printableJson(JSON.stringify(value));
}
