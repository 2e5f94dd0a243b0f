/** What stands in the place of a user and a password. */
const hidden = '...';

/** A longer text is no password. It bounds the search. */
const passwordMax = 10_000;

/** The port of a host, with other words behind it: what follows is no password. */
const port = String.raw`\d{1,5}(?!\w)`;
/** Behind a blank another URL begins. */
const nextUrl = String.raw`\s\W?(?:https?|nats|tls|esdb(?:\+discover)?):\/\/`;
/** Any password without a blank, or one with blanks that begins as no port does. Up to the last `@`: it may hold others. */
const password = String.raw`(?:(?!${port}|\s)(?:(?!${nextUrl})[^]){0,${String(passwordMax)}}|\S{0,${String(passwordMax)}})@`;
/** Our own words show the form of a URL. */
const form = 'USER:PASSWORD@';

/** `//user:password@`, `:/user:password@`, `esdb:user:password@`. A user has no blank; an address of IPv6 is none. */
const behindScheme = new RegExp(
  String.raw`(?<=\/\/|:\/|(?<![\w+.-])esdb(?:\+discover)?:)(?!${form}|\[)[^\s/:@]*:${password}`,
  'gi',
);

/** A sign of a user where no scheme stands before it. */
const sign = String.raw`[^\s:@/"'\x60()\[\]{}<>,;=|]`;
/** Words before a colon with a place or an address behind it. */
const noUser = String.raw`(?!(?:sqlite|file|env|unix|ssl|tcp|mailto|https?|esdb(?:\+discover)?):|${form})`;
const user = String.raw`(?<!${sign})${noUser}${sign}+`;

/** `user:password@host:port`. */
const beforePort = new RegExp(
  String.raw`${user}:(?!\/\/|\/+\.\.\.@)${password}(?=(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}(?!\w))`,
  'gi',
);

/** `user:password@host`. `git@host:folder@branch` is none, nor is a path, nor a digest of an image. */
const beforeHost = new RegExp(
  String.raw`(?<!git@)${user}:(?![\s/]|\.{1,3}\/|\.\.\.@)\S{1,${String(passwordMax)}}@(?=[\w[])(?!sha\d+:)`,
  'gi',
);

/**
 * Text of somebody else with `...` in the place of what looks like a user and a password: `//user:password@`, `:/user:password@`,
 * `user:password@host`, whatever stands around it. Without an `@` nothing changes, nor where no colon stands before it.
 */
export function withoutCredentials(text: string): string {
  if (!text.includes('@')) return text;
  // All of them in the text as it is: a password may hold what looks like another one, of which only a part would go.
  const found = [behindScheme, beforePort, beforeHost].flatMap((form) => [...text.matchAll(form)]);
  let [shown, from] = ['', 0];
  for (const { index, 0: credentials } of found.sort((a, b) => a.index - b.index)) {
    if (index >= from) shown += `${text.slice(from, index)}${hidden}@`;
    from = Math.max(from, index + credentials.length);
  }
  return shown + text.slice(from);
}

/** JSON text with the same done to each of its texts and keys. */
export function jsonWithoutCredentials(json: string): string {
  if (!json.includes('@')) return json;
  return JSON.stringify(JSON.parse(json, shownValue));
}

function shownValue(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return withoutCredentials(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.keys(value).some((key) => key.includes('@'))
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [withoutCredentials(key), each]))
    : value;
}

const serverUrl = /^(?:[a-z][a-z0-9+.-]*:\/\/|esdb(?:\+discover)?:)/i;

/** True of a text that is most likely meant as a URL of a server, however it is misspelt. No path is begun so. */
export function isUrlOfServer(text: string): boolean {
  return serverUrl.test(text);
}

/** Such a URL behind something else, as where it was given as a path once, or with a wrong scheme before it. */
const urlWithin = /[/:](?:[a-z][a-z0-9+.-]*:\/\/|esdb(?:\+discover)?:)/i;
/** A user, a password that may hold blanks, and a host, and nothing else. */
const onlyCredentials = /^[^\s/:@]+:[^/@][^@]*@[\w.-]+\/?$/;

/** Nobody begins a user's name or a host's like this. */
const pathBegun = /^\.{0,2}\//;
/** A URL whose scheme a path has before it, or that has lost a slash. */
const slashesOfUrl = /\/\/[^/]*@|:\/[^/]*:[^/]*@/;

/** What to say of a text that was given for a path, and may hold a password: it is refused, and not shown. Undefined for a path. */
export function flawOfPath(text: string): string | undefined {
  const mayBeUrl = isUrlOfServer(text) || urlWithin.test(text);
  const mayHold = pathBegun.test(text)
    ? slashesOfUrl.test(text)
    : onlyCredentials.test(text) || withoutCredentials(text) !== text;
  return !mayBeUrl && !mayHold
    ? undefined
    : 'a path is asked for, and a URL of a server was given: it is not shown here, since it may hold a password';
}
