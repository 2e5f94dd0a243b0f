/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '15853e9cae4a9bf59e6d08155e588e499bc7471d48ea40af0c1613aada382479';
