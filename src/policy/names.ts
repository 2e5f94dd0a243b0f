import { hostNamePattern, interfacePattern, macPattern, namePattern } from '../../events/names.ts';
import { Flaw } from './flaw.ts';
import { text } from './fields.ts';

const nameWords = 'lower-case letters, digits and inner hyphens, at most 63 characters';

/** The name of a tenant, service, external, segment or shard. */
export const name = text((written) => readName(written));

/** The name of a host or endpoint. */
export const hostName = text((written) =>
  hostNamePattern.test(written)
    ? written
    : new Flaw('not a name of a host or endpoint', {
        allowed: `labels joined by dots, each of ${nameWords}; at most 253 characters in all`,
        nearest: lowerCaseIf(hostNamePattern, written),
      }),
);

export const interfaceName = text((written) =>
  interfacePattern.test(written)
    ? written
    : new Flaw('not a name of an interface', {
        allowed: 'letters, digits and . _ : -, beginning with a letter or digit, at most 63 characters',
      }),
);

/** A MAC address. Events hold it in lower case. */
export const mac = text((written) => {
  const lowerCase = written.toLowerCase();
  if (macPattern.test(lowerCase)) return lowerCase;
  return new Flaw('not a MAC address', { allowed: 'six pairs of hexadecimal digits, as 02:00:0a:01:00:0b' });
});

/** The far end of an egress rule. */
export const destination = text((written) =>
  written === '*'
    ? new Flaw('"*" stands for a source only: name each destination', { allowed: endWords('') })
    : readEnd(written, ''),
);

/** The far end of an ingress rule; `*` is any source. */
export const source = text((written) => (written === '*' ? written : readEnd(written, ', or "*"')));

/** The reference of an approval, which lets a grant cross a difference of classification: free text on one line. */
export const guard = text((written) =>
  written.trim() !== '' && written.isWellFormed() && !/\p{Cc}/u.test(written)
    ? written
    : new Flaw('not an approval reference', {
        allowed: 'text on one line, not empty, without control characters',
      }),
);

function readName(written: string): string | Flaw {
  if (namePattern.test(written)) return written;
  return new Flaw('not a name', { allowed: nameWords, nearest: lowerCaseIf(namePattern, written) });
}

function readEnd(written: string, orElse: string): string | Flaw {
  const parts = written.split('/');
  if (parts.length <= 2 && parts.every((part) => namePattern.test(part))) return written;
  const lowerCase = parts.length <= 2 ? parts.map((part) => lowerCaseIf(namePattern, part)) : [undefined];
  return new Flaw('names a service, tenant, segment or external, and this is not spelt like one', {
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
