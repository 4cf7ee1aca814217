// webcastsrc in gst-launch-1.0, and its publish page as somebody with a camera uses it.

import assert from 'node:assert/strict';
import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Program, within } from './processes.mjs';
import { Player } from './player.mjs';
import { environment } from './sink.mjs';

const kWidth = 16;
const kHeight = 8;
const kFrame = kWidth * kHeight * 3;
const words = (line) => line.trim().split(/\s+/);

/** A source whose pictures, made small, can be counted and looked at. */
export class Source extends Program {
  url = '';
  #folder = '';

  /**
   * @param {string} pipeline  more branches, from "from."; the picture's first one is taken
   * @param {{properties?: string, port?: number, look?: boolean, location?: string}} options
   *   location: a relay's, in place of a port of its own
   */
  static async start(pipeline = '', { properties = '', port = 0, look = true, location = '' } = {}) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'webcast-source-'));
    const looking = look ? `from.video_0 ! queue ! videoconvert ! videoscale ! video/x-raw,format=RGB,width=${kWidth},height=${kHeight}
      ! filesink async=false buffer-mode=unbuffered location=${path.join(folder, 'pictures')}` : '';
    const source = new Source('gst-launch-1.0', ['-m', 'webcastsrc', 'name=from',
      `location=${location || `listen://127.0.0.1:${port}`}`, ...(properties ? words(properties) : []),
      ...(looking ? words(looking) : []), ...(pipeline ? words(pipeline) : [])], environment);
    source.#folder = folder;
    if (location) {
      await source.says(/webcast-signaling-state.*state=\(string\)"?connected/);
      return source;
    }
    const [, url] = await source.says(/webcast-listening, url=\(string\)"?([^";\s]+)/);
    source.url = url;
    return source;
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /** How many pictures came so far. */
  async frames() {
    const file = await open(path.join(this.#folder, 'pictures')).catch(() => null);
    const size = file ? (await file.stat()).size : 0;
    await file?.close();
    return Math.floor(size / kFrame);
  }

  /** Waits for so many more. */
  async more(count, ms = 30000) {
    const wanted = (await this.frames()) + count;
    let stop = false;
    const wait = (async () => {
      while (!stop && (await this.frames()) < wanted) await new Promise((done) => setTimeout(done, 50));
    })();
    let have = 0;
    try {
      await within(ms, wait, () => `${wanted} pictures, not ${have}: ${this.output.slice(-3000)}`);
    } finally {
      stop = true;
      have = await this.frames();
    }
  }

  /** The newest picture's mean colour, R G B. */
  async colour() {
    const file = await open(path.join(this.#folder, 'pictures'));
    const buffer = Buffer.alloc(kFrame);
    await file.read(buffer, 0, kFrame, ((await this.frames()) - 1) * kFrame);
    await file.close();
    return [0, 1, 2].map((channel) => {
      let sum = 0;
      for (let i = channel; i < kFrame; i += 3) sum += buffer[i];
      return Math.round(sum / (kFrame / 3));
    });
  }

  /** Ends it, and says whether GStreamer or GLib had something to complain about. */
  async stop(signal) {
    const ended = await super.stop(signal);
    await rm(this.#folder, { recursive: true, force: true });
    const complaints = this.output.split('\n').filter((line) => /-(CRITICAL|WARNING) \*\*/.test(line));
    assert.deepEqual(complaints, [], this.command);
    return ended;
  }
}

/** The page /publish/NAME; what Player knows of pages, and its buttons. */
export class PublishPage extends Player {
  /** `prepare()` runs in the page before its own scripts. @param {() => void} [prepare] */
  static async open(browser, url, prepare = undefined) {
    const page = await browser.newPage();
    await page.setViewport({ width: 1000, height: 760 });
    const self = new PublishPage(page);
    await page.evaluateOnNewDocument(() => {
      window.complaints = [];
      window.connections = [];
      window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...settings) {
          super(...settings);
          window.connections.push(this);
        }
      };
      document.addEventListener('securitypolicyviolation', (event) => {
        window.complaints.push(`CSP: ${event.violatedDirective} ${event.blockedURI}`);
      });
      window.addEventListener('error', (event) => window.complaints.push(`error: ${event.message}`));
      window.addEventListener('unhandledrejection', (event) => {
        window.complaints.push(`rejection: ${event.reason}`);
      });
    });
    if (prepare) await page.evaluateOnNewDocument(prepare);
    await page.goto(url, { waitUntil: 'load' });
    return self;
  }

  /** Waits until the status line says so. @param {string} part */
  says(part, ms) {
    return this.until((text) => document.querySelector('.status').innerText.includes(text), ms, part);
  }

  /** Waits until the camera brings that size: what of it is sent depends on the machine and the way. */
  takes(width, height) {
    return this.until(async (wanted) => [...(await window.connections.at(-1).getStats()).values()]
      .some((one) => one.type === 'media-source' && one.width === wanted[0] && one.height === wanted[1]),
    undefined, [width, height]);
  }

  click(id) {
    return this.page.click(`#${id}`);
  }

  async preview() {
    await this.click('go');
    await this.says('This is what will be sent');
  }

  async goLive() {
    await this.preview();
    await this.click('go');
    await this.says('You are live');
  }
}

/** Publishes from the page's own script; window.peer is the connection. Returns the resource. */
export const publishByWhip = (page, { sizes, width = 640, height = 480 } = {}) => page.page.evaluate(async (options) => {
  const media = await navigator.mediaDevices.getUserMedia(
    { video: { width: options.width, height: options.height }, audio: true });
  const pc = window.peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  for (const track of media.getTracks()) {
    const several = track.kind === 'video' && options.sizes;
    const { sender } = pc.addTransceiver(track, { direction: 'sendonly', ...(several && { sendEncodings: options.sizes }) });
    // Else a busy browser makes all of them smaller, and one whose bandwidth is not known yet the only one.
    if (several) await sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' });
  }
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') {
    await new Promise((resolve) => pc.addEventListener('icegatheringstatechange', resolve, { once: true }));
  }
  const reply = await fetch('/whip/live', { method: 'POST',
    headers: { 'content-type': 'application/sdp' }, body: pc.localDescription.sdp });
  const sdp = await reply.text();
  if (reply.status !== 201) throw new Error(sdp);
  await pc.setRemoteDescription({ type: 'answer', sdp });
  return reply.headers.get('location');
}, { sizes, width, height });
