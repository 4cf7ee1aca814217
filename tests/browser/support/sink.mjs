// webcastsink in gst-launch-1.0, as a user starts it, with the plugin of the build under test.

import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from './processes.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const build = path.resolve(process.env.WEBCAST_BUILD ?? path.join(root, 'build'));

export const environment = {
  GST_PLUGIN_PATH: path.join(build, 'plugins'),
  // One registry for all tests: the second start is quick.
  GST_REGISTRY: path.join(build, 'tests', 'browser-registry.bin'),
  WEBCAST_BUILD: build,
  // For programs that use libwebcast-1.0 from Python.
  GI_TYPELIB_PATH: path.join(build, 'plugins', 'webcast'),
  LD_LIBRARY_PATH: path.join(build, 'plugins', 'webcast'),
};

const picture = 'videotestsrc is-live=true pattern=smpte';
const size = 'video/x-raw,width=640,height=360,framerate=30/1';

export const sources = {
  /** SMPTE bars, raw. */
  picture: `${picture} ! ${size} ! s.`,
  /** SMPTE bars, raw, to be encoded by what follows. */
  rawPicture: `${picture} ! ${size},format=I420`, // else encoders choose 4:4:4 of 12 bits
  /** A loud tone, raw. */
  sound: 'audiotestsrc is-live=true freq=440 volume=0.5 ! audio/x-raw,rate=48000,channels=2 ! s.',
};

const words = (line) => line.trim().split(/\s+/);

export class Sink extends Program {
  url = '';

  /**
   * Starts `gst-launch-1.0 -m webcastsink name=s PROPERTIES PIPELINE` and waits for its address.
   * @param {string} pipeline  its branches end in "! s."
   * @param {{properties?: string, port?: number, flags?: string, env?: object}} options
   */
  static async start(pipeline, { properties = '', port = 0, flags = '-m', env = {} } = {}) {
    const sink = new Sink('gst-launch-1.0', [
      ...words(flags), 'webcastsink', 'name=s', `location=listen://127.0.0.1:${port}`,
      ...(properties ? words(properties) : []), ...words(pipeline),
    ], { ...environment, ...env });
    const [, url] = await sink.says(/webcast-listening, url=\(string\)"?([^";\s]+)/);
    sink.url = url;
    return sink;
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /** Ends it, and says whether GStreamer or GLib had something to complain about. */
  async stop(signal) {
    const ended = await super.stop(signal);
    const complaints = this.output.split('\n').filter((line) => /-(CRITICAL|WARNING) \*\*/.test(line));
    // The messages beside a complaint tell when it came.
    assert.deepEqual(complaints, [], `${this.command}\n${complaints.length ? this.output : ''}`);
    return ended;
  }
}
