/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '5805ddd9e7cf22ee693d49c8ed5d98a4e36ab45a3229738622fc70449395bb44';
