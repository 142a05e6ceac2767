// Sends exactly `REQUESTS` requests to a URL over `CONNECTIONS` kept connections, from a process of its own:
//   node load.mjs URL REQUESTS CONNECTIONS
// Prints how many were answered with 200.
import { Agent, get } from 'node:http';

const [url, requests, connections] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
let left = Number(requests);
let answered = 0;

function one() {
  return new Promise((done) => {
    get(url, { agent }, (response) => {
      if (response.statusCode === 200) answered++;
      response.resume().on('end', done);
    }).on('error', done);
  });
}

async function lane() {
  while (left-- > 0) await one();
}

await Promise.all(Array.from({ length: Number(connections) }, lane));
agent.destroy();
process.stdout.write(`answered ${answered}\n`);
