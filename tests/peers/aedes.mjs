// SPDX-License-Identifier: Apache-2.0
// An aedes on 127.0.0.1: node aedes.mjs VERSION TCP-PORT WEBSOCKET-PORT [REFERENCE]. The version is 1 (0.51,
// MQTT 3.1.1) or 2 (MQTT 5). With a REFERENCE every client of MQTT 5 is sent to that server (0x9C).
import http from 'node:http';
import net from 'node:net';
import {createWebSocketStream, WebSocketServer} from 'ws';

const [version, tcpPort, webSocketPort] = process.argv.slice(2, 5).map(Number);
const reference = process.argv[5];
const broker = version === 1 ? new (await import('aedes')).default() :
                               await (await import('aedes2')).Aedes.createBroker();
const server = http.createServer();
new WebSocketServer({server}).on('connection', (socket, request) => {
  broker.handle(createWebSocketStream(socket), request);
});
server.listen(webSocketPort, '127.0.0.1');
net.createServer(broker.handle).listen(tcpPort, '127.0.0.1');
broker.on('clientError', (client, error) => console.error('clientError', client.id, error.message));
broker.on('connectionError', (client, error) => console.error('connectionError', error.message));
if (reference) {
  broker.preConnect = (client, packet, callback) =>
    callback(Object.assign(new Error('use another server'), {serverReference: reference}), false);
}
