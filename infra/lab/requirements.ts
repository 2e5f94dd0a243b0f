import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LabUnavailable } from './faults.ts';
import { searchPath } from './run-program.ts';

/** The programs that the lab runs, and the Debian package of each. */
const packageOf = new Map([
  ['ip', 'iproute2'],
  ['ethtool', 'ethtool'],
  ['sysctl', 'procps'],
  ['nsenter', 'util-linux'],
  ['xargs', 'findutils'],
  ['ovsdb-server', 'openvswitch-switch'],
  ['ovsdb-tool', 'openvswitch-common'],
  ['ovs-vswitchd', 'openvswitch-switch'],
  ['ovs-vsctl', 'openvswitch-switch'],
]);

/** The form of the database of a switch, as the package of Open vSwitch brings it. */
export const switchSchema = '/usr/share/openvswitch/vswitch.ovsschema';

/** What this machine and account lack for a lab, each with the mend; empty if nothing. */
function lackingHere(): string[] {
  const packages = [...packageOf].filter(([program]) => !isThere(program)).map(([, name]) => name);
  if (!existsSync(switchSchema)) packages.push('openvswitch-switch');
  return [
    ...(process.platform === 'linux' ? [] : ['Linux, with its network namespaces']),
    ...(process.geteuid?.() === 0 ? [] : ['the rights of root: it makes network namespaces']),
    ...(existsSync('/dev/net/tun')
      ? []
      : ['/dev/net/tun (modprobe tun; in a container: --device /dev/net/tun)']),
    ...(packages.length === 0 ? [] : [`packages: apt-get install ${[...new Set(packages)].join(' ')}`]),
  ];
}

/** Throws LabUnavailable, naming everything that is not there. */
export function requireAll(): void {
  const lacking = lackingHere();
  if (lacking.length > 0) throw new LabUnavailable(`a lab needs ${lacking.join('; ')}`);
}

function isThere(program: string): boolean {
  return searchPath()
    .split(delimiter)
    .some((folder) => {
      try {
        accessSync(join(folder, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
