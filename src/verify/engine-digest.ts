/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'c8d01a7e16b9768c9eb78c6a0d00740d27f34a467372acd2a1308d4fa32bb802';
