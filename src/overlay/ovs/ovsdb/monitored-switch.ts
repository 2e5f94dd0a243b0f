import { Unintelligible } from './fault.ts';
import { MonitoredTable, type MonitoredChange, type TableNews } from './monitored-table.ts';
import {
  bridgeTable,
  interfaceTable,
  portTable,
  switchTable,
  type BridgeRow,
  type InterfaceRow,
  type PortRow,
  type SwitchRow,
} from './tables.ts';

/** The rows of a switch at one moment, by UUID. There is one in `switches`, once a switch has run. */
export interface SwitchRows {
  readonly switches: ReadonlyMap<string, SwitchRow>;
  readonly bridges: ReadonlyMap<string, BridgeRow>;
  readonly ports: ReadonlyMap<string, PortRow>;
  readonly interfaces: ReadonlyMap<string, InterfaceRow>;
}

/** A row of a switch that came, changed or went. */
export type SwitchChange =
  | MonitoredChange<'Open_vSwitch', SwitchRow>
  | MonitoredChange<'Bridge', BridgeRow>
  | MonitoredChange<'Port', PortRow>
  | MonitoredChange<'Interface', InterfaceRow>;

/** The tables of a switch, as far as a server told them. */
export class MonitoredSwitch {
  readonly #switches = new MonitoredTable(switchTable);
  readonly #bridges = new MonitoredTable(bridgeTable);
  readonly #ports = new MonitoredTable(portTable);
  readonly #interfaces = new MonitoredTable(interfaceTable);
  readonly #tables = [this.#switches, this.#bridges, this.#ports, this.#interfaces];

  /** What is asked of a server: of each table the columns that are used. */
  get requests(): Readonly<Record<string, readonly [{ readonly columns: readonly string[] }]>> {
    return Object.fromEntries(
      this.#tables.map(({ table }) => [table.name, [{ columns: Object.keys(table.columns) }]]),
    );
  }

  rows(): SwitchRows {
    return {
      switches: this.#switches.rows(),
      bridges: this.#bridges.rows(),
      ports: this.#ports.rows(),
      interfaces: this.#interfaces.rows(),
    };
  }

  clear(): void {
    for (const table of this.#tables) table.clear();
  }

  /** Throws Unintelligible for what is not of these tables, or cannot follow on what was told before. */
  take(news: Readonly<Record<string, TableNews>>): readonly SwitchChange[] {
    const names: readonly string[] = this.#tables.map(({ table }) => table.name);
    const other = Object.keys(news).find((name) => !names.includes(name));
    if (other !== undefined) throw new Unintelligible('tells of a table that was not asked for');
    return [
      ...this.#switches.take(news['Open_vSwitch'] ?? {}),
      ...this.#bridges.take(news['Bridge'] ?? {}),
      ...this.#ports.take(news['Port'] ?? {}),
      ...this.#interfaces.take(news['Interface'] ?? {}),
    ];
  }
}
