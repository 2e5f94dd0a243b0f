/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'ea0e9e61a59d2cf8523836dfa049bb50bbec8661710a3b21fb527b1b45c86279';
