/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'dde013ec2e6984946e2568d48af3e1124d881dd2798c6ded476afdb9da0d3b9a';
