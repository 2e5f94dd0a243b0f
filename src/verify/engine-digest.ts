/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'b8e2bd55d1a61fa59504a3ab67dc8d002b343a9768f242f732edc074944cdc2f';
