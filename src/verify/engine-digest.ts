/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '6d7343d131fff70ccded68c47bd3700f490e506a86cc791d952de9fd34530dbe';
