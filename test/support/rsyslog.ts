import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Daemon } from './daemon.ts';
import { command, type Need } from './needs.ts';

export const rsyslogd = command('rsyslogd', 'rsyslog');

/** The part of rsyslog that speaks TLS. */
export const rsyslogTls: Need = {
  what: 'TLS of rsyslog',
  how: 'apt-get install rsyslog-gnutls',
  isMet: readdirSync('/usr/lib').some((each) => existsSync(`/usr/lib/${each}/rsyslog/lmnsd_gtls.so`)),
};

/** What is asked of each message before it is written: nothing, or to take CEF apart. */
type Reading = 'syslog' | 'cef';

/** A real rsyslogd that takes messages by TCP and writes what it read of each as a line of JSON. */
export class Rsyslog implements AsyncDisposable {
  readonly #folder: string;
  #daemon: Daemon | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(reading: Reading): Promise<this> {
    writeFileSync(this.#at('rules'), 'version=2\nrule=:%.:cef%\n');
    writeFileSync(this.#at('conf'), this.#configuration(reading));
    this.#daemon = new Daemon(rsyslogd.path, ['-n', '-iNONE', '-f', this.#at('conf')]);
    await this.#daemon.until(
      () => existsSync(this.#at('port')) && readFileSync(this.#at('port'), 'utf8') !== '',
    );
    return this;
  }

  /** Sends messages with their length before each (RFC 6587, as RFC 5425 has it), and returns what was read of them. */
  async read(messages: readonly string[]): Promise<readonly unknown[]> {
    const socket = connect(Number(readFileSync(this.#at('port'), 'utf8')), '127.0.0.1');
    await once(socket, 'connect');
    for (const message of messages) socket.write(`${String(Buffer.byteLength(message))} ${message}`);
    socket.end();
    await this.#daemon?.until(() => this.#lines().length >= messages.length);
    return this.#lines().map((line): unknown => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.[Symbol.asyncDispose]();
  }

  #at(name: string): string {
    return join(this.#folder, `rsyslog.${name}`);
  }

  #lines(): string[] {
    if (!existsSync(this.#at('out'))) return [];
    return readFileSync(this.#at('out'), 'utf8').split('\n').slice(0, -1);
  }

  #configuration(reading: Reading): string {
    const parse =
      reading === 'cef'
        ? `action(type="mmnormalize" rulebase="${this.#at('rules')}" useRawMsg="on")`
        : 'action(type="mmpstrucdata")';
    return `
global(workDirectory="${this.#folder}" maxMessageSize="64k")
module(load="imtcp")
module(load="mmnormalize")
module(load="mmpstrucdata")
template(name="read" type="list") {
  constant(value="{")
  property(name="pri" format="jsonf") constant(value=",")
  property(name="timereported" dateFormat="rfc3339" format="jsonf") constant(value=",")
  property(name="hostname" format="jsonf") constant(value=",")
  property(name="app-name" format="jsonf") constant(value=",")
  property(name="msgid" format="jsonf") constant(value=",")
  property(name="msg" format="jsonf") constant(value=",")
  constant(value="\\"parsed\\":") property(name="$!all-json")
  constant(value="}\\n")
}
ruleset(name="reading") {
  ${parse}
  action(type="omfile" file="${this.#at('out')}" template="read" asyncWriting="off" flushOnTXEnd="on")
}
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="${this.#at('port')}" ruleset="reading")
`;
  }
}
