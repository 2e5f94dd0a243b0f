import { withoutCredentials } from '../runtime/credentials.ts';
import { printable } from '../runtime/printable.ts';

/** A value that may stand in words for people. Text is escaped; words that are made already stay as they are. */
type Value = string | number | Shown | readonly Shown[];

/**
 * Words for people, safe for any terminal: only literal text of this program breaks lines. Values are escaped, so
 * that none can make a line of its own, or steer the terminal, and what looks like a password in them is not shown. The
 * command line takes no other text (see Io).
 */
export class Shown {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static of(literals: TemplateStringsArray, values: readonly Value[]): Shown {
    const text = literals.map((literal, index) => `${literal}${textOf(values[index] ?? '')}`).join('');
    return new Shown(text);
  }

  /** As `lines`. */
  static ofLines(lines: readonly Value[]): Shown {
    return new Shown(lines.map((line) => `${textOf(line)}\n`).join(''));
  }

  get text(): string {
    return this.#text;
  }
}

function textOf(value: Value): string {
  if (typeof value === 'string') return fitToShow(value);
  if (typeof value === 'number') return String(value);
  return value instanceof Shown ? value.text : value.map(({ text }) => text).join('');
}

/** Printable, and without what looks like a password. */
function fitToShow(text: string): string {
  return withoutCredentials(printable(text));
}

/** The tag of a template with words for people: say`host ${name} is away\n`. */
export function say(literals: TemplateStringsArray, ...values: readonly Value[]): Shown {
  return Shown.of(literals, values);
}

/** Nothing to say. */
export const nothing = say``;

/** Each on a line of its own. */
export function lines(of: readonly (string | Shown)[]): Shown {
  return Shown.ofLines(of);
}

/** Text of somebody else, fit to be shown; longer than `most` characters it is cut, with a sign that it goes on. */
export function cut(text: string, most: number): string {
  const whole = fitToShow(text);
  if (whole.length <= most) return whole;
  const characters = Array.from(whole);
  return characters.length <= most ? whole : `${characters.slice(0, most - 1).join('')}…`;
}
