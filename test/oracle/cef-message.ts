/** A line of CEF 0 as a receiver takes it apart. */
export interface CefMessage {
  readonly header: readonly string[];
  readonly extension: ReadonlyMap<string, string>;
}

/** Throws for what CEF does not allow. */
export function parseCef(line: string): CefMessage {
  if (/[\r\n]/.test(line)) throw new Error('more than a line');
  const fields: string[] = [''];
  let at = 0;
  for (; fields.length < 8 && at < line.length; at += 1) {
    if (line[at] === '|') fields.push('');
    else {
      if (line[at] === '\\') {
        at += 1;
        if (!/[\\|]/.test(line[at] ?? '')) throw new Error(`no escape of a header: \\${line[at] ?? ''}`);
      }
      fields.push((fields.pop() ?? '') + (line[at] ?? ''));
    }
  }
  if (fields.length < 8) throw new Error(`a header of ${String(fields.length)} fields`);
  return { header: fields.slice(0, 7), extension: extensionIn(line.slice(at)) };
}

/** A value ends where the next key begins: at a word before an equals sign that is not escaped. */
function extensionIn(text: string): Map<string, string> {
  const starts = [...text.matchAll(/(?:^| )(\w+)=/g)];
  const extension = new Map<string, string>();
  for (const [index, start] of starts.entries()) {
    const from = start.index + start[0].length;
    const value = text.slice(from, starts[index + 1]?.index ?? text.length);
    const key = start[1] ?? '';
    if (extension.has(key)) throw new Error(`${key} comes twice`);
    extension.set(key, unescaped(value));
  }
  return extension;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\', '=': '=', n: '\n', r: '\r' };

function unescaped(value: string): string {
  const bare = value.replace(/\\[^]?/g, '');
  if (bare.includes('=')) throw new Error(`an equals sign that is not escaped: ${value}`);
  return value.replace(/\\([^]?)/g, (_, letter: string) => {
    const meant = escapes[letter];
    if (meant === undefined) throw new Error(`no escape: \\${letter}`);
    return meant;
  });
}
