import { MirrorUnavailable } from '../../../src/siem/mirror/faults.ts';
import type { FoundMessage, Mirror, MirrorMessage } from '../../../src/siem/mirror/port.ts';
import type { Broker } from './broker.ts';
import type { ServiceParts } from './service-parts.ts';
import type { Wire } from './wire.ts';

/** The broker's stream as one server has it, over one connection: what is sent first arrives first. */
export class ServerMirror implements Mirror {
  readonly name: string;
  readonly idOf: (seq: number) => string;
  readonly #broker: Broker;
  readonly #wire: Wire;
  readonly #publish: ServiceParts['publish'];
  #line: Promise<unknown> = Promise.resolve();

  constructor(broker: Broker, wire: Wire, publish: ServiceParts['publish']) {
    this.name = broker.name;
    this.idOf = broker.idOf.bind(broker);
    this.#broker = broker;
    this.#wire = wire;
    this.#publish = publish;
  }

  open(): Promise<{ readonly isNew: boolean }> {
    return this.#ask('open', () => this.#broker.open());
  }

  extent(): ReturnType<Mirror['extent']> {
    return this.#ask('extent', () => this.#broker.extent());
  }

  find(sequence: number): ReturnType<Mirror['find']> {
    return this.#ask('find', () => this.#broker.find(sequence));
  }

  read(): AsyncIterable<FoundMessage> {
    throw new Error('a publisher does not read the whole stream');
  }

  async publish(message: MirrorMessage): Promise<boolean> {
    const left = Promise.withResolvers<undefined>();
    const before = this.#line;
    this.#line = left.promise;
    await before;
    const onLeft = (): void => {
      left.resolve(undefined);
    };
    return this.#ask('publish', () => this.#publish(this.#broker, message), onLeft);
  }

  beat(): Promise<void> {
    return this.#ask('beat', () => undefined);
  }

  #ask<Answer>(what: string, deed: () => Answer, onLeft: () => void = () => undefined): Promise<Answer> {
    const fault = (words: string): Error => new MirrorUnavailable(words);
    return this.#wire.call({ of: 'broker', what, deed, fault, onLeft });
  }
}
