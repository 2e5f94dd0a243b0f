import type { Lab } from '../../../infra/lab/lab.ts';

/** Asks the switch of a lab's host by `ovs-ofctl`; what it said, without the heading. Throws what it complained of. */
export async function ofctl(lab: Lab, host: string, words: readonly string[]): Promise<string> {
  const { code, out, err } = await lab.tool(host, ['ovs-ofctl', '-O', 'OpenFlow15', ...words]);
  if (code !== 0) throw new Error(`ovs-ofctl ${words.join(' ')}: ${err}`);
  return out
    .split('\n')
    .filter((line) => line !== '' && !line.includes('reply (OF'))
    .join('\n');
}
