import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { say } from '../../src/words/shown.ts';
import type { Io } from '../../src/cli/io.ts';
import { LabUnavailable } from './faults.ts';
import { Lab } from './lab.ts';
import { TcpStream } from './tcp-stream.ts';

const examples = new URL('../examples', import.meta.url).pathname;

/** The tenant that takes something back, in the example estate, and the two workloads that feel it. */
const tenant = 'acme-corp';
const tenantFile = `tenants/industry/${tenant}.yaml`;
const [from, to] = [`${tenant}/web-1`, `${tenant}/database-1`];
/** A workload of another tenant, which `from` may reach with tcp/5432 alone. */
const other = 'globex/database-1';
const port = 5432;

/** How long a stream is listened to before it counts as dead. */
const silenceMs = 2_000;

/**
 * The example estate with real packets: pings and a stream, a revocation, and the same again. Gives 0 if everything was as
 * it should be, else 1. The lab is taken down at its end, unless it is to be kept.
 */
export async function demo(io: Io, { name, keep, signal }: DemoOptions): Promise<number> {
  io.out(
    say`── The example estate becomes hosts, workloads and tunnels; its documents are applied, and hosts driven.\n`,
  );
  const lab = await Lab.up({ name, estate: examples, drive: true, tell: io, signal });
  try {
    return await show(new Stage(io, lab));
  } finally {
    if (keep)
      io.out(say`The lab stays: npm run lab -- status --name ${name}; down --name ${name} takes it away.\n`);
    else await lab[Symbol.asyncDispose]();
  }
}

export interface DemoOptions {
  readonly name: string;
  /** Whether the lab stays up. */
  readonly keep: boolean;
  readonly signal?: AbortSignal;
}

async function show(stage: Stage): Promise<number> {
  const { lab } = stage;
  stage.title('Real packets: what is allowed arrives, and what is not does not.');
  await stage.ping(from, to, { arrives: true });
  await stage.ping(from, other, { arrives: false });
  using stream = await TcpStream.open(lab, { from, to, address: stage.addressOf(to), port });
  stage.say(`a TCP stream from ${from} to ${to}, port ${String(port)}, is open`);

  stage.title(`${tenant} takes back what its segments may do among themselves: one word of one document.`);
  const change = writeChange(lab);
  await stage.isoledger(['apply', change, '--reason', 'segments are to ask first']);
  const recordedMs = performance.now();
  await stage.isoledger(['sync']);
  if (await stream.isAlive(silenceMs)) stage.fail('the stream is still alive');
  else {
    const afterMs = Math.round(stream.heardAtMs - recordedMs);
    stage.say(
      afterMs < 0
        ? 'the stream is dead: nothing came after the change was recorded'
        : `the stream is dead: its last byte came ${String(afterMs)} ms after the change was recorded`,
    );
  }
  await stage.ping(from, to, { arrives: false });

  stage.title('The second opinion, from the events alone.');
  await stage.isoledger(['verify']);
  return stage.failures === 0 ? 0 : 1;
}

/** The change as a folder: the tenant's document with one word changed. Every other document stays in force. */
function writeChange({ place }: Lab): string {
  const folder = join(place.folder, 'change');
  mkdirSync(folder, { mode: 0o700 });
  const documents = [...parseAllDocuments(readFileSync(join(place.estate, tenantFile), 'utf8'))];
  const document = documents.find((each) => each.get('kind') === 'Tenant');
  if (document === undefined) throw new LabUnavailable(`${tenantFile} has no Tenant document`);
  document.set('intraTenant', 'segments');
  writeFileSync(join(folder, `${tenant}.yaml`), document.toString());
  return folder;
}

/** Shows each step with the command that anybody can type, and counts what is not as it should be. */
class Stage {
  readonly lab: Lab;
  readonly #io: Io;
  failures = 0;

  constructor(io: Io, lab: Lab) {
    this.#io = io;
    this.lab = lab;
  }

  title(words: string): void {
    this.#io.out(say`\n── ${words}\n`);
  }

  say(words: string): void {
    this.#io.out(say`   ${words}\n`);
  }

  fail(words: string): void {
    this.failures += 1;
    this.#io.out(say`   NOT AS IT SHOULD BE: ${words}\n`);
  }

  addressOf(who: string): string {
    const [address = ''] = this.lab.plan.workloads.find(({ name }) => name === who)?.ips ?? [];
    return address;
  }

  async ping(source: string, target: string, { arrives }: { arrives: boolean }): Promise<void> {
    const words = ['ping', '-c', '3', '-i', '0.2', '-W', '1', this.addressOf(target)];
    this.#io.out(say`$ ${this.lab.commandAt(source, words).argv.join(' ')}\n`);
    const { code, out } = await this.lab.runAt(source, words);
    const line = out.split('\n').find((each) => each.includes('packets transmitted')) ?? 'no answer';
    this.say(`${source} to ${target}: ${line}`);
    if ((code === 0) !== arrives) this.fail(arrives ? 'it should be answered' : 'it should not be answered');
  }

  async isoledger(words: readonly string[]): Promise<void> {
    this.#io.out(say`$ isoledger --ledger ${this.lab.place.ledger} ${words.join(' ')}\n`);
    const { code, out, err } = await this.lab.isoledger(words);
    for (const line of `${out}${err}`.trimEnd().split('\n')) this.say(line);
    if (code !== 0) this.fail(`isoledger ${words[0] ?? ''} ended with ${String(code)}`);
  }
}
