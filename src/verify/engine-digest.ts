/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'a99b0d68f4dc65a175eb56014585997858dfb570546c917ee3d28edbaba27177';
