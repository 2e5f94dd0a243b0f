import { guardLengthMax, isBlank, isPlainLine, seenText } from '../../events/free-text.ts';
import { hostNamePattern, interfacePattern, macPattern, namePattern } from '../../events/names.ts';
import { Flaw } from './flaw.ts';
import { text } from './fields.ts';
import { textForm, type Form } from './field-doc.ts';

const nameWords = 'lower-case letters, digits and inner hyphens, at most 63 characters';

/** The name of a tenant, service, external, segment or shard. */
export const name = text((written) => readName(written));

export const nameForm = textForm(`a name: ${nameWords}`, namePattern);

const hostWords = `labels joined by dots, each of ${nameWords}; at most 253 characters in all`;
export const hostNameForm = textForm(`a name of a host or endpoint: ${hostWords}`, hostNamePattern);

/** The name of a host or endpoint. */
export const hostName = text((written) =>
  hostNamePattern.test(written)
    ? written
    : new Flaw('not a name of a host or endpoint', {
        allowed: hostWords,
        nearest: lowerCaseIf(hostNamePattern, written),
      }),
);

const interfaceWords = 'letters, digits and . _ : -, beginning with a letter or digit, at most 63 characters';
export const interfaceForm = textForm(`the name of an interface: ${interfaceWords}`, interfacePattern);

export const interfaceName = text((written) =>
  interfacePattern.test(written)
    ? written
    : new Flaw('not a name of an interface', {
        allowed: interfaceWords,
      }),
);

const macWords = 'six pairs of hexadecimal digits, the first pair even, as 02:00:0a:01:00:0b';

export const macForm = textForm(
  `a MAC address: ${macWords}`,
  /^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$/,
);

/** A MAC address of one interface. Events hold it in lower case. */
export const mac = text((written) => {
  const lowerCase = written.toLowerCase();
  if (!macPattern.test(lowerCase)) return new Flaw('not a MAC address', { allowed: macWords });
  const flaw = impossibleMac(lowerCase);
  return flaw === undefined ? lowerCase : new Flaw(flaw, { allowed: macWords });
});

const label = namePattern.source.slice(1, -1);
export const destinationForm = textForm(endWords(''), new RegExp(`^${label}(/${label})?$`));
export const sourceForm = textForm(endWords(', or "*"'), new RegExp(`^(\\*|${label}(/${label})?)$`));

/** The far end of an egress rule. */
export const destination = text((written) =>
  written === '*'
    ? new Flaw('"*" stands for a source only: name each destination', { allowed: endWords('') })
    : readEnd(written, ''),
);

/** The far end of an ingress rule; `*` is any source. */
export const source = text((written) => (written === '*' ? written : readEnd(written, ', or "*"')));

/** The reference of an approval, which lets a grant cross a difference of classification: free text on one line. */
export const guard = text((written) => {
  const flaw = guardFlaw(written);
  return flaw === undefined ? written : new Flaw(flaw, { allowed: guardWords });
});

const guardWords = `the reference of an approval, as CHG-4711: text on one line, at most ${guardLengthMax} characters`;

/** Words that people and templates write for nothing at all. A grant must not pass for approved on such a word. */
const wordsForNothing = new Set([
  ...['no', 'n', 'off', 'false', 'null', 'nil', 'none', 'nothing', 'undefined', 'na'],
]);

/** The same for editors, as far as a pattern can say it: letters in other forms, and those that are not shown, are left to the reader. */
export const guardForm: Form = {
  is: 'value',
  words: 'the reference of an approval',
  json: {
    ...{ type: 'string', minLength: 1, maxLength: guardLengthMax },
    not: { pattern: patternForNothing() },
  },
};

function patternForNothing(): string {
  const dress = String.raw`[^\p{L}\p{N}]*`;
  const letters = (word: string): string =>
    Array.from(word, (letter) => `[${letter}${letter.toUpperCase()}]${dress}`).join('');
  return `^${dress}(?:(?:0${dress})*|${Array.from(wordsForNothing, letters).join('|')})$`;
}

/** True of signs and zeros alone, and of a word for nothing, however it is dressed: `No.`, `N/A`, `NONE!`, `???`. */
function saysNothing(written: string): boolean {
  const word = seenText(written)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
  return /^0*$/.test(word) || wordsForNothing.has(word);
}

function guardFlaw(written: string): string | undefined {
  if (isBlank(written) || !isPlainLine(written)) return 'not an approval reference';
  if (saysNothing(written)) {
    return 'this guard says that there is no approval: name the approval, or leave guard out';
  }
  if (written.length <= guardLengthMax) return undefined;
  return `a guard has at most ${guardLengthMax} characters, this one has ${written.length} (as UTF-16 counts them)`;
}

function impossibleMac(mac: string): string | undefined {
  if (/^[0:]*$/.test(mac)) return 'no interface has a MAC address of zeros alone';
  const isGroup = parseInt(mac.slice(0, 2), 16) % 2 === 1;
  return isGroup ? 'this is the MAC address of a group, not of one interface' : undefined;
}

function readName(written: string): string | Flaw {
  if (namePattern.test(written)) return written;
  return new Flaw('not a name', { allowed: nameWords, nearest: lowerCaseIf(namePattern, written) });
}

function readEnd(written: string, orElse: string): string | Flaw {
  const parts = written.split('/');
  if (parts.length <= 2 && parts.every((part) => namePattern.test(part))) return written;
  const lowerCase = parts.length <= 2 ? parts.map((part) => lowerCaseIf(namePattern, part)) : [undefined];
  return new Flaw('this is not spelt like the name of a service, tenant, segment or external', {
    allowed: endWords(orElse),
    nearest: lowerCase.includes(undefined) ? undefined : lowerCase.join('/'),
  });
}

function endWords(orElse: string): string {
  return `a service, tenant or external by its name, or tenant/segment${orElse} (names: ${nameWords})`;
}

/** Capital letters are the usual mistake in a name. */
function lowerCaseIf(pattern: RegExp, written: string): string | undefined {
  const lowerCase = written.toLowerCase();
  return pattern.test(lowerCase) ? lowerCase : undefined;
}
