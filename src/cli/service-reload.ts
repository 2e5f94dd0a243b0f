import type { Logger } from '../runtime/log.ts';
import { keysForRestart, type ServiceConfig } from '../tasks/service-config.ts';
import { givenFile, serviceSettings, settings, type GlobalOptions } from './session.ts';
import type { ServiceManager } from './service-manager.ts';

interface ServiceReloadMeans {
  readonly log: Logger;
  readonly options: GlobalOptions;
  readonly manager: ServiceManager;
  /** Throws BadConfig for what cannot be used of a configuration. */
  readonly require: (config: ServiceConfig) => void;
}

/** The configuration of a service that runs, when it is read again. */
export class ServiceReload {
  readonly #means: ServiceReloadMeans;
  readonly #loggers: Set<Logger>;
  /** What the service started with. */
  readonly #first: ReturnType<typeof givenFile>;

  constructor(means: ServiceReloadMeans) {
    const { log, options } = means;
    this.#means = means;
    this.#loggers = new Set([log]);
    this.#first = givenFile(options);
    // A role's logger has a level of its own, which would stay as it was.
    log.onChild = (child) => void this.#loggers.add(child);
  }

  /**
   * Takes from the configuration what may change while a service runs: the log level, and the sinks, which are returned with the rest.
   * What else changed is said, and waits for a restart. What is wrong in it is said, and changes nothing.
   */
  async read(): Promise<ServiceConfig | undefined> {
    const { log, options, manager, require } = this.#means;
    manager.tell('RELOADING=1');
    try {
      const { logLevel } = await settings(options);
      const config = await serviceSettings(options);
      require(config);
      const keys = keysForRestart(this.#first, givenFile(options));
      for (const each of this.#loggers) each.level = logLevel;
      log.info({ logLevel }, 'the configuration was read again');
      if (keys.length > 0)
        log.warn({ keys }, `what changed of ${keys.join(', ')} counts only once the service is started anew`);
      return config;
    } catch (error) {
      log.error({ err: error }, 'the configuration is wrong, and what was read before goes on to hold');
      return undefined;
    } finally {
      manager.tell('READY=1');
    }
  }
}
