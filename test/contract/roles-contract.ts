import { describe, expect, it } from 'vitest';
import { RoleHeld } from '../../src/roles/faults.ts';
import type { RoleHolder, Roles } from '../../src/roles/port.ts';

/** Opens the roles of a new ledger: as each process has them. */
type OpenRoles = () => (holder: RoleHolder) => Roles;

const one: RoleHolder = { pid: 17, host: 'node-1', since: '2026-03-01T12:00:00.000Z' };
const other: RoleHolder = { pid: 18, host: 'node-1', since: '2026-03-01T12:05:00.000Z' };

/** What every adapter of the port of roles promises. */
export function describeRolesContract(name: string, open: OpenRoles): void {
  describe(`roles ${name}`, () => {
    it('given one holder, refuse another by the name of the first, until the role is released', async () => {
      const as = open();
      const held = await as(one).hold('applier/east');
      const attempt = as(other).hold('applier/east');
      await expect(attempt).rejects.toThrow(RoleHeld);
      await expect(attempt).rejects.toMatchObject({ role: 'applier/east', holder: one });
      await expect(attempt).rejects.toThrow(
        'the role applier/east is held by process 17 on node-1 since 2026-03-01T12:00:00.000Z',
      );
      await held.release();
      await (await as(other).hold('applier/east')).release();
    });

    it('given a role that was released and taken by another, leave it that one when released again', async () => {
      const as = open();
      const held = await as(one).hold('verifier');
      await held.release();
      const next = await as(other).hold('verifier');
      await held.release();
      await expect(as(one).hold('verifier')).rejects.toMatchObject({ holder: other });
      await next.release();
    });

    it('given its own role a second time, refuse it too', async () => {
      const roles = open()(one);
      const held = await roles.hold('clock');
      await expect(roles.hold('clock')).rejects.toThrow(RoleHeld);
      await held.release();
    });

    it('are apart from one another, and from those of other ledgers', async () => {
      const [roles, elsewhere] = [open()(one), open()(one)];
      const held = [
        await roles.hold('applier/east'),
        await roles.hold('applier/west'),
        await roles.hold('verifier'),
        await elsewhere.hold('verifier'),
      ];
      for (const { release } of held) await release();
    });

    it('tell which were ever taken, and who holds them now', async () => {
      const as = open();
      expect(await as(one).states()).toEqual([]);
      await (await as(one).hold('verifier')).release();
      const held = await as(other).hold('applier/east');
      expect(await as(one).states()).toEqual([
        { role: 'applier/east', held: true, holder: other },
        { role: 'verifier', held: false, holder: undefined },
      ]);
      await held.release();
    });

    it.each(['', 'Applier', 'applier/', '../verifier', 'applier/east/1', 'applier/../../x'])(
      'are not spelt %j',
      async (role) => {
        await expect(open()(one).hold(role)).rejects.toThrow(RangeError);
      },
    );
  });
}
