/** A message of RFC 5424 as a receiver takes it apart, read from the grammar in section 6 letter by letter. */
export interface SyslogMessage {
  readonly priority: number;
  readonly timestamp: string;
  readonly hostname: string;
  readonly appName: string;
  readonly messageId: string;
  readonly dataId: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly message: string;
}

/** Throws for what the grammar does not allow. */
export function parseSyslog(line: string): SyslogMessage {
  const header =
    /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([!-~]{1,255}) ([!-~]{1,48}) - ([!-~]{1,32}) \[([!#-<>-\\^-~]{1,32})/.exec(
      line,
    );
  if (header === null) throw new Error(`no header: ${line}`);
  const [all, priority = '', timestamp = '', hostname = '', appName = '', messageId = '', dataId = ''] =
    header;
  const parameters = new Map<string, string>();
  let at = all.length;
  while (line[at] === ' ') {
    const equals = line.indexOf('="', at);
    const name = line.slice(at + 1, equals);
    if (!/^[!#-<>-\\^-~]{1,32}$/.test(name)) throw new Error(`no name of a parameter: ${name}`);
    let value = '';
    for (at = equals + 2; line[at] !== '"'; at += 1) {
      if (line[at] === undefined || line[at] === ']') throw new Error(`${name} does not end`);
      if (line[at] === '\\' && /["\\\]]/.test(line[at + 1] ?? '')) at += 1;
      value += line[at] ?? '';
    }
    if (parameters.has(name)) throw new Error(`${name} comes twice`);
    parameters.set(name, value);
    at += 1;
  }
  if (line.slice(at, at + 2) !== '] ') throw new Error(`structured data does not end at ${String(at)}`);
  const message = line.slice(at + 2);
  return { priority: Number(priority), timestamp, hostname, appName, messageId, dataId, parameters, message };
}
