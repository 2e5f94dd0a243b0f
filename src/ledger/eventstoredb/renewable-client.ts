import {
  EventStoreDBClient,
  type AppendResult,
  type AppendToStreamOptions,
  type EventData,
  type GetStreamMetadataResult,
  type ReadStreamOptions,
  type ResolvedEvent,
  type StreamMetadata,
  type StreamingRead,
  type StreamSubscription,
  type SubscribeToStreamOptions,
} from '@eventstore/db-client';
import { isNoServer } from './esdb-error.ts';

/**
 * A client that can be used as long as the ledger is open. The library's client asks once what the server supports,
 * and keeps a failure as the answer. After it has given up looking for a server, every append fails at once: then a
 * new client takes its place.
 */
export class RenewableClient {
  readonly #url: string;
  #client: EventStoreDBClient;

  /** Throws the library's error for a URL that it cannot read. */
  constructor(url: string) {
    this.#url = url;
    this.#client = EventStoreDBClient.connectionString(url);
  }

  async appendToStream(
    stream: string,
    events: EventData[],
    options?: AppendToStreamOptions,
  ): Promise<AppendResult> {
    const client = this.#client;
    try {
      return await client.appendToStream(stream, events, options);
    } catch (error) {
      if (isNoServer(error) && client === this.#client) this.#renew();
      throw error;
    }
  }

  readStream(stream: string, options?: ReadStreamOptions): StreamingRead<ResolvedEvent> {
    return this.#client.readStream(stream, options);
  }

  subscribeToStream(stream: string, options?: SubscribeToStreamOptions): StreamSubscription {
    return this.#client.subscribeToStream(stream, options);
  }

  getStreamMetadata(stream: string): Promise<GetStreamMetadataResult> {
    return this.#client.getStreamMetadata(stream);
  }

  setStreamMetadata(stream: string, metadata: StreamMetadata): Promise<AppendResult> {
    return this.#client.setStreamMetadata(stream, metadata);
  }

  dispose(): Promise<void> {
    return this.#client.dispose();
  }

  #renew(): void {
    const former = this.#client;
    this.#client = EventStoreDBClient.connectionString(this.#url);
    void former.dispose().catch(() => undefined);
  }
}
