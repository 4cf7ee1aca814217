// The recipes of pipelines/deploy, with the programs that they are for.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { chromium } from './support/browsers.mjs';
import { Program, freePort } from './support/processes.mjs';
import { root, sources } from './support/sink.mjs';
import { Publisher, Relay } from './support/relay.mjs';
import { scene } from './support/suite.mjs';

const name = 'video.example.org';

/** A recipe with this machine's ports and paths in place of its own; each must be there. */
function recipe(file, changes) {
  let text = readFileSync(path.join(root, 'pipelines/deploy', file), 'utf8');
  for (const [theirs, ours] of changes) {
    assert.ok(text.includes(theirs), `${file} has no ${theirs}`);
    text = text.replaceAll(theirs, ours);
  }
  return text;
}

/** `upstream`: what its proxy_pass names; `more`: configuration beside its own. */
async function nginx(bench, upstream, more = '') {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'webcast-nginx-'));
  bench.later(async () => rmSync(folder, { recursive: true }));
  const [key, certificate] = ['key.pem', 'cert.pem'].map((file) => path.join(folder, file));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1',
    '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key,
    '-out', certificate], { stdio: 'ignore' });
  const [plain, tls] = [await freePort(), await freePort()];
  const log = path.join(folder, 'access.log');
  writeFileSync(path.join(folder, 'webcast.conf'), recipe('nginx.conf', [
    ['listen 80;', `listen 127.0.0.1:${plain};`], ['listen [::]:80;', ''],
    ['listen 443 ssl http2;', `listen 127.0.0.1:${tls} ssl http2;`],
    ['listen [::]:443 ssl http2;', ''],
    [`/etc/letsencrypt/live/${name}/fullchain.pem`, certificate],
    [`/etc/letsencrypt/live/${name}/privkey.pem`, key],
    ['/var/log/nginx/webcast.log', log],
    ['http://127.0.0.1:8080', `http://${upstream}`],
  ]));
  const main = path.join(folder, 'nginx.conf');
  writeFileSync(main, `daemon off; pid ${folder}/pid; error_log stderr; worker_processes 1;
    events {}
    http {
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      ${more}
      include ${folder}/webcast.conf;
    }`);
  const server = new Program('/usr/sbin/nginx', ['-e', 'stderr', '-c', main]);
  bench.later(() => server.stop('SIGTERM'));
  await reachable(tls, server);
  return { plain, tls, log };
}

async function reachable(port, server) {
  for (;;) {
    if (server.ended) throw new Error(`${server.command} ended: ${server.output}`);
    const socket = net.connect(port, '127.0.0.1');
    const open = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function visitor(bench) {
  const browser = await chromium({ acceptInsecureCerts: true, args: ['--no-sandbox', '--disable-gpu',
    '--disable-quic', '--no-first-run', `--host-resolver-rules=MAP ${name} 127.0.0.1`] });
  bench.later(() => browser.close());
  return browser;
}

scene('nginx in front: the page plays over https, and no log has the token', async (bench) => {
  const secret = 's3cret-q8vT1';
  const sink = await bench.sink(`${sources.picture} ${sources.sound}`,
    { properties: `allow-origins=https://${name} view-token=${secret}` });
  const { plain, tls, log } = await nginx(bench, `127.0.0.1:${sink.port}`);
  const browser = await visitor(bench);
  const player = await bench.player(browser, `https://${name}:${tls}/?token=${secret}`);
  await player.is('playing');
  await player.frames();
  await player.shows();
  assert.equal(await player.page.evaluate(() => window.isSecureContext), true);
  await player.silent();

  const page = await browser.newPage();
  bench.later(() => page.close());
  const refused = await page.goto(`https://${name}:${tls}/watch/live`);
  assert.equal(refused.status(), 401);
  const moved = await fetch(`http://127.0.0.1:${plain}/watch/live?x=1`,
    { redirect: 'manual', headers: { host: name } });
  assert.equal(moved.status, 308);

  const logged = readFileSync(log, 'utf8');
  assert.match(logged, /"GET \/ws" 101|"GET \/watch\/live" 200/);
  assert.ok(!logged.includes(secret), logged);
});

/** A gauge of the relay's. */
async function gauge(relay, what) {
  const text = await (await fetch(`${relay.url}metrics`)).text();
  return Number(new RegExp(`^webcast_${what} (\\d+)$`, 'm').exec(text)?.[1]);
}

async function until(condition, what) {
  for (let i = 0; i < 300; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not within 30 s: ${what}`);
}

scene('nginx in front of two relays with one Redis: a page at one, the sender at the other', async (bench) => {
  const redisPort = await freePort();
  const redis = new Program('redis-server', ['--port', `${redisPort}`, '--bind', '127.0.0.1',
    '--save', '', '--appendonly', 'no']);
  bench.later(() => redis.stop());
  await redis.says(/Ready to accept/);
  const relays = [];
  for (let i = 0; i < 2; i++) {
    const relay = await Relay.start({ options: ['--redis', `redis://127.0.0.1:${redisPort}`,
      '--allow-origin', `https://${name}`] });
    bench.later(() => relay.stop());
    relays.push(relay);
  }
  for (const relay of relays) await until(async () => await gauge(relay, 'other_relays') === 1, 'the other');
  const { tls } = await nginx(bench, 'webcast_relays', recipe('relays.conf', [
    ['10.0.0.11:8080', `127.0.0.1:${relays[0].port}`],
    ['10.0.0.12:8080', `127.0.0.1:${relays[1].port}`]]));
  const browser = await visitor(bench);
  const player = await bench.player(browser, `https://${name}:${tls}/watch/live`);
  await player.is('waiting');
  const isAt = await gauge(relays[0], 'peers') === 1 ? 0 : 1;
  assert.equal(await gauge(relays[isAt], 'peers'), 1);
  const publisher = await Publisher.start(relays[1 - isAt], sources.picture);
  bench.later(() => publisher.stop());
  await player.is('playing');
  await player.frames();
  assert.equal(await gauge(relays[isAt], 'peers'), 1, 'those here');

  await relays[isAt].stop('SIGKILL');
  await player.frames(60);
  const next = await bench.player(browser, `https://${name}:${tls}/watch/live`);
  await next.is('playing');
  await next.frames();
  assert.equal(await player.page.evaluate(() => document.querySelector('webcast-player').state), 'playing');
});

/** The status that a WebSocket gets which comes from this address of the machine. */
function comes(bench, port, localAddress, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = https.request({ host: '127.0.0.1', port, path: '/ws', localAddress,
      rejectUnauthorized: false, headers: { Host: name, Connection: 'Upgrade', Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==', ...headers } });
    request.once('upgrade', (reply, socket) => {
      bench.later(async () => socket.destroy());
      resolve(reply.statusCode);
    });
    request.once('response', (reply) => resolve(reply.resume().statusCode));
    request.once('error', reject);
    request.end();
  });
}

scene('nginx in front: one client cannot take the places of the others', async (bench) => {
  const relay = await Relay.start({ options: ['--peers-per-address', '1',
    '--trusted-proxy', '127.0.0.1', '--allow-origin', `https://${name}`] });
  bench.later(() => relay.stop());
  const { tls } = await nginx(bench, `127.0.0.1:${relay.port}`);
  // Eight, as of any loopback address.
  for (let i = 0; i < 8; i++) assert.equal(await comes(bench, tls, '127.0.0.2'), 101, `${i}`);
  assert.equal(await comes(bench, tls, '127.0.0.2'), 503);
  for (const header of ['X-Forwarded-For', 'Forwarded']) {
    const value = header === 'Forwarded' ? 'for=192.0.2.7' : '192.0.2.7';
    assert.equal(await comes(bench, tls, '127.0.0.2', { [header]: value }), 503, header);
  }
  assert.equal(await comes(bench, tls, '127.0.0.3'), 101);
});
