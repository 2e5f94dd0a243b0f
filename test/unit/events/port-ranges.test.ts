import { expect, it } from 'vitest';
import { ports } from '../../../events/names.ts';

it('a range of ports that ends before it begins is none: no document makes it, and nobody says what it would mean', () => {
  expect(ports.safeParse([[20, 80], [443, 443]]).success).toBe(true); // prettier-ignore
  expect(ports.safeParse([[80, 20]]).error?.issues[0]).toMatchObject({
    path: [0],
    message: 'a range of ports ends before it begins',
  });
  expect(ports.safeParse([[0, 20]]).success).toBe(false);
});
