import { say } from '../../words/shown.ts';

type MarkupValue = string | number | Markup | readonly Markup[];

/**
 * HTML in which only literal text of this program is markup. Values are text: what steers a terminal, hides, or turns the order of
 * letters is escaped as in all words for people, what looks like a password is not shown, and nothing in them is a tag, an
 * entity, or the end of an attribute.
 */
export class Markup {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  static of(literals: TemplateStringsArray, values: readonly MarkupValue[]): Markup {
    return new Markup(literals.map((literal, index) => `${literal}${textOf(values[index] ?? '')}`).join(''));
  }
}

function textOf(value: MarkupValue): string {
  if (typeof value === 'string') return escaped(say`${value}`.text);
  if (typeof value === 'number') return String(value);
  return value instanceof Markup ? value.text : value.map(({ text }) => text).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (sign) => entities[sign] ?? sign);
}

/** The tag of a template with HTML: markup`<p>${name}</p>`. Values in attributes stand in double quotes. */
export function markup(literals: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return Markup.of(literals, values);
}
