/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '29b1f8675329dd6fde020675405d47230b76ea5d24ace82c1eb55894ba713d8c';
