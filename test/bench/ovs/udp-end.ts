import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

/** How often a datagram is sent to each port: a change is seen that exactly. */
const beatMs = 1;

/**
 * One end of a stream of datagrams, as a process in the network of a workload.
 * `listen PORT...`: answers each line on stdin with the times at which datagrams arrived since the line before, by port,
 * as one line of JSON. `send ADDRESS PORT...`: sends, until it is ended.
 */
function main([what = '', ...words]: readonly string[]): void {
  if (what === 'listen') listen(words.map(Number));
  else send(words[0] ?? '', words.slice(1).map(Number));
}

function listen(ports: readonly number[]): void {
  const arrivals = new Map(ports.map((port) => [port, new Array<number>()]));
  for (const [port, times] of arrivals)
    createSocket('udp4')
      .on('message', () => times.push(nowMs()))
      .bind(port);
  createInterface({ input: process.stdin }).on('line', () => {
    process.stdout.write(`${JSON.stringify(Object.fromEntries(arrivals))}\n`);
    for (const times of arrivals.values()) times.length = 0;
  });
}

function send(address: string, ports: readonly number[]): void {
  const socket = createSocket('udp4');
  // Whom the switch does not let through is no fault of the sender.
  socket.on('error', () => undefined);
  setInterval(() => {
    for (const port of ports) socket.send('.', port, address);
  }, beatMs);
}

/** The clock that all processes of a machine share. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

main(process.argv.slice(2));
