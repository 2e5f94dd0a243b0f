/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '289d7df9aa3b2d7ac15341f2c9ab3c26f284c812fd86a0036d46107568b547d3';
