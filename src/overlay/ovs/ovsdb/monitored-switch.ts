import { Unintelligible } from './fault.ts';
import { MonitoredTable, type MonitoredChange, type TableNews } from './monitored-table.ts';
import {
  monitoredTables,
  type ControllerRow,
  type ManagerRow,
  type MonitoredBridgeRow,
  type MonitoredInterfaceRow,
  type MonitoredPortRow,
  type MonitoredSwitchRow,
} from './tables.ts';

/** The rows of a switch at one moment, by UUID. There is one in `switches`, once a switch has run. */
export interface SwitchRows {
  readonly switches: ReadonlyMap<string, MonitoredSwitchRow>;
  readonly bridges: ReadonlyMap<string, MonitoredBridgeRow>;
  readonly ports: ReadonlyMap<string, MonitoredPortRow>;
  readonly interfaces: ReadonlyMap<string, MonitoredInterfaceRow>;
  readonly controllers: ReadonlyMap<string, ControllerRow>;
  readonly managers: ReadonlyMap<string, ManagerRow>;
}

/** A row of a switch that came, changed or went. */
export type SwitchChange =
  | MonitoredChange<'Open_vSwitch', MonitoredSwitchRow>
  | MonitoredChange<'Bridge', MonitoredBridgeRow>
  | MonitoredChange<'Port', MonitoredPortRow>
  | MonitoredChange<'Interface', MonitoredInterfaceRow>
  | MonitoredChange<'Controller', ControllerRow>
  | MonitoredChange<'Manager', ManagerRow>;

/** The tables of a switch, as far as a server told them. */
export class MonitoredSwitch {
  readonly #switches = new MonitoredTable(monitoredTables.switches);
  readonly #bridges = new MonitoredTable(monitoredTables.bridges);
  readonly #ports = new MonitoredTable(monitoredTables.ports);
  readonly #interfaces = new MonitoredTable(monitoredTables.interfaces);
  readonly #controllers = new MonitoredTable(monitoredTables.controllers);
  readonly #managers = new MonitoredTable(monitoredTables.managers);
  readonly #tables = [
    this.#switches,
    this.#bridges,
    this.#ports,
    this.#interfaces,
    this.#controllers,
    this.#managers,
  ];

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
      controllers: this.#controllers.rows(),
      managers: this.#managers.rows(),
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
      ...this.#controllers.take(news['Controller'] ?? {}),
      ...this.#managers.take(news['Manager'] ?? {}),
    ];
  }
}
