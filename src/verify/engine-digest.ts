/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'c902944e6b16559452ea5edca74756fe5accee315f1a877e5c06af9d0dcfa31a';
