/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'b416cf2565a067d666ff507e5dc2e64992dd53a75c8d14c95e662c04502b5bec';
