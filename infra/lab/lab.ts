import { UsageError } from '../../src/runtime/errors.ts';
import { takeDown } from './down.ts';
import { LabConflict, LabUnavailable } from './faults.ts';
import { Manifest } from './manifest.ts';
import {
  placeOf,
  readPlan,
  reportOf,
  type LabPlace,
  type LabPlan,
  type LabReport,
  type PlannedHost,
} from './plan.ts';
import { productLine } from './product.ts';
import { signalTo, tokenVariable } from './processes.ts';
import { run, searchPath, type OnBehalf, type Ran, type RunOptions } from './run-program.ts';
import { daemonOf, daemons, killDaemon, rebootEmpty, startDaemon, type Daemon } from './switch.ts';
import { raise, type UpOptions } from './up.ts';

/** A command line, and the environment by which the lab knows its processes: ready to be spawned, without a shell. */
export interface LabCommand {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** A lab that is up: whoever has it sends packets in it, and breaks its hosts. It is taken down when it is disposed. */
export class Lab implements AsyncDisposable {
  readonly place: LabPlace;
  readonly plan: LabPlan;
  readonly #manifest: Manifest;
  readonly #of: OnBehalf;

  /** A lab that somebody put up. Once the signal is aborted, what is run there ends. Throws LabConflict where none of that name is. */
  constructor(name: string, signal?: AbortSignal) {
    this.place = placeOf(name);
    this.plan = readPlan(this.place);
    this.#manifest = new Manifest(this.place.folder);
    const [first] = this.#manifest.of('lab');
    if (first === undefined) throw new LabConflict(`the lab ${name} was begun and is not whole`);
    this.#of = { token: first.token, signal };
  }

  /** Builds a lab. Throws as raise does; LabUnavailable also where the product refused its documents or did not sync. */
  static async up(options: UpOptions): Promise<Lab> {
    const raised = await raise(options);
    if (raised.kind === 'documents')
      throw new UsageError(raised.problems.map(({ message }) => message).join('; '));
    const code = raised.kind === 'up' ? raised.syncExitCode : raised.exitCode;
    if (code === 0) return new Lab(options.name, options.signal);
    await takeDown(options.name);
    throw new LabUnavailable(`${raised.kind === 'up' ? 'sync' : 'apply'} ended with ${String(code)}`);
  }

  get report(): LabReport {
    return reportOf(this.place, this.plan);
  }

  /** The namespace of an endpoint (`tenant/name`), external or host. */
  namespaceOf(who: string): string {
    const known = [...this.plan.workloads, ...this.plan.hosts.map((each) => ({ ...each, name: each.host }))];
    const found = known.find(({ name }) => name === who);
    if (found === undefined) throw new UsageError(`${who} is not in this lab`);
    return found.namespace;
  }

  /** What starts a program in the namespace of an endpoint, external or host. */
  commandAt(who: string, argv: readonly string[]): LabCommand {
    return {
      argv: ['ip', 'netns', 'exec', this.namespaceOf(who), ...argv],
      env: { ...process.env, PATH: searchPath(), [tokenVariable]: this.#of.token },
    };
  }

  /** Runs a program there to its end. */
  runAt(who: string, argv: readonly string[], options?: RunOptions): Promise<Ran> {
    return run(this.#of, this.commandAt(who, argv).argv, options);
  }

  /** Runs a command of the product on the lab's ledger. */
  isoledger(words: readonly string[], options?: RunOptions): Promise<Ran> {
    return run(this.#of, productLine(this.place, words), options);
  }

  /** Runs a tool of the switch of a host, such as `ovs-ofctl`, which finds its sockets. */
  tool(host: string, argv: readonly string[], options?: RunOptions): Promise<Ran> {
    const { runFolder } = this.#host(host);
    return run(this.#of, argv, { ...options, env: { ...options?.env, OVS_RUNDIR: runFolder } });
  }

  /** Ends a process of a host's switch on the spot. */
  async kill(host: string, daemon: Daemon): Promise<void> {
    await killDaemon(this.#manifest, this.#host(host).host, daemon);
  }

  /** Starts a process of a host's switch that was ended. */
  async start(host: string, daemon: Daemon): Promise<void> {
    await startDaemon(this.#of, this.#manifest, { host: this.#host(host), daemon });
  }

  /** A power cut: the host comes back with an empty database, no bridge and no flow. */
  async rebootEmpty(host: string): Promise<void> {
    await rebootEmpty(this.#of, this.#manifest, this.#host(host));
  }

  /** The host answers nothing and forwards nothing, until it is resumed. */
  pause(host: string): void {
    this.#signal(host, 'SIGSTOP');
  }

  resume(host: string): void {
    this.#signal(host, 'SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await takeDown(this.place.name);
  }

  #signal(host: string, signal: NodeJS.Signals): void {
    for (const daemon of daemons) {
      const mark = daemonOf(this.#manifest, this.#host(host).host, daemon);
      if (mark === undefined || !signalTo(mark, signal))
        throw new LabConflict(`${daemon} of ${host} does not run`);
    }
  }

  #host(name: string): PlannedHost {
    const found = this.plan.hosts.find(({ host }) => host === name);
    if (found === undefined) throw new UsageError(`there is no host ${name} in this lab`);
    return found;
  }
}
