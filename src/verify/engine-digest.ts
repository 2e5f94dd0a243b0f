/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '451ed54a82a85c6e9d43fd0fe3cc6bf438f922f858bc1cf834d358e8aae88a16';
