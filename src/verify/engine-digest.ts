/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '8ae29aaace48a02c2bae96ef48375483b3c8c44fcb9ff07783d78fa022529a44';
