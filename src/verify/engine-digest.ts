/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '2e36893cd292d9b6bdec7c8e2641d2dfdaed66b9320fc4da8859dd7cd963a939';
