// The player's page as a viewer has it: what it shows, says, plays and complains about.

import assert from 'node:assert/strict';

const kPatience = 30000;

/** What SMPTE bars show at places of the picture (fractions of it), as R G B. */
export const smpteBars = [
  [0.07, 0.3, [255, 255, 255]],
  [0.21, 0.3, [255, 255, 0]],
  [0.36, 0.3, [0, 255, 255]],
  [0.50, 0.3, [0, 255, 0]],
  [0.64, 0.3, [255, 0, 255]],
  [0.79, 0.3, [255, 0, 0]],
  [0.93, 0.3, [0, 0, 255]],
];

// Runs in the page before its own scripts.
function watchPage() {
  window.complaints = [];
  window.states = [];
  document.addEventListener('statechange', (event) => window.states.push(event.detail.state), true);
  document.addEventListener('securitypolicyviolation', (event) => {
    window.complaints.push(`CSP: ${event.violatedDirective} ${event.blockedURI}`);
  });
  window.addEventListener('error', (event) => window.complaints.push(`error: ${event.message}`));
  window.addEventListener('unhandledrejection', (event) => {
    window.complaints.push(`rejection: ${event.reason}`);
  });
}

export class Player {
  /** What the console said that is worse than a note. @type {string[]} */
  console = [];

  /** @param {import('puppeteer-core').Page} page */
  constructor(page) {
    this.page = page;
    page.on('console', (message) => {
      if (['error', 'warn', 'warning'].includes(message.type())) this.console.push(message.text());
    });
    page.on('pageerror', (error) => this.console.push(String(error)));
  }

  /**
   * Opens `url` in a new page; `prepare(argument)` runs there before the page's own scripts.
   * @param {(argument: any) => void} [prepare]
   */
  static async open(browser, url, prepare = undefined, argument = undefined) {
    const page = await browser.newPage();
    const player = new this(page);
    await page.evaluateOnNewDocument(watchPage);
    if (prepare) await page.evaluateOnNewDocument(prepare, argument);
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    return player;
  }

  /**
   * Waits for `state`, which may have come and gone since the last state that was waited for;
   * the error says where it stands instead.
   */
  async is(state, ms = kPatience) {
    await this.until((wanted) => {
      const passed = window.states.indexOf(wanted);
      if (passed >= 0) window.states.splice(0, passed + 1);
      return passed >= 0 || document.querySelector('webcast-player')?.state === wanted;
    }, ms, state);
    return this;
  }

  /** Waits until `predicate(argument)` holds in the page; one that throws does not hold yet. */
  async until(predicate, ms = kPatience, argument = undefined) {
    const deadline = Date.now() + ms;
    let reason = '';
    while (Date.now() < deadline) {
      try {
        if (await this.page.evaluate(predicate, argument)) return;
        reason = 'false';
      } catch (error) {
        reason = error.message;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const now = await this.page.evaluate(() => {
      const player = document.querySelector('webcast-player');
      return player && { state: player.state, message: player.message, hint: player.hint,
        figures: player.getStats() };
    });
    throw new Error(`${predicate} (${JSON.stringify(argument)}): ${reason} for ${ms} ms\n${JSON.stringify(now)}`);
  }

  /**
   * Waits until the status line says so to a screen reader: between two attempts it says other things.
   * @param {RegExp} pattern
   */
  says(pattern) {
    return this.until((source) => new RegExp(source).test(document.querySelector('webcast-player')
      .shadowRoot.querySelector('[role=status]').innerText.trim()), kPatience, pattern.source);
  }

  /** Waits until that is what the page advises. @param {RegExp} pattern */
  advises(pattern) {
    return this.until((source) => new RegExp(source).test(document.querySelector('webcast-player').hint),
      kPatience, pattern.source);
  }

  /** Waits until `count` more frames were decoded, and as good as all of them painted. */
  async frames(count = 20) {
    await this.page.evaluate(() => {
      const player = document.querySelector('webcast-player');
      const { video } = player;
      window.painted = 0;
      window.decodedBefore = player.getStats()?.video[0]?.framesDecoded ?? 0;
      const paint = () => {
        window.painted++;
        video.requestVideoFrameCallback(paint);
      };
      video.requestVideoFrameCallback(paint);
    });
    await this.until((wanted) => {
      const player = document.querySelector('webcast-player');
      const decoded = (player.getStats()?.video[0]?.framesDecoded ?? 0) - window.decodedBefore;
      return decoded >= wanted && window.painted >= wanted / 2;
    }, kPatience, count);
  }

  /** Waits until these codecs are in use. @param {{video?: string, audio?: string}} codecs upper case */
  uses(codecs) {
    return this.until((wanted) => {
      const figures = document.querySelector('webcast-player').getStats();
      return Object.entries(wanted).every(([kind, codec]) => figures[kind][0].bitrate > 0
        && figures[kind][0].codec.toUpperCase() === codec);
    }, kPatience, codecs);
  }

  /** The browser's own statistics of the picture that comes in. @returns {Promise<any>} */
  video() {
    return this.page.evaluate(async () => {
      const report = await document.querySelector('webcast-player').peerConnection.getStats();
      return [...report.values()].find((entry) => entry.type === 'inbound-rtp' && entry.kind === 'video');
    });
  }

  /** The picture's colours at places (fractions of it), each the mean of a patch of it. */
  colours(places) {
    return this.page.evaluate((wanted) => {
      const video = document.querySelector('webcast-player')?.video ?? document.querySelector('video');
      const canvas = document.createElement('canvas');
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      context.drawImage(video, 0, 0);
      const side = 8;
      return wanted.map(([x, y]) => {
        const { data } = context.getImageData(
          Math.round(x * canvas.width) - side / 2, Math.round(y * canvas.height) - side / 2, side, side);
        return [0, 1, 2].map((channel) => {
          let sum = 0;
          for (let i = channel; i < data.length; i += 4) sum += data[i];
          return Math.round(sum / (data.length / 4));
        });
      });
    }, places);
  }

  /** The picture is the expected one. */
  async shows(expected = smpteBars, tolerance = 36) {
    const seen = await this.colours(expected.map(([x, y]) => [x, y]));
    expected.forEach(([x, y, colour], index) => {
      const off = Math.max(...colour.map((value, channel) => Math.abs(value - seen[index][channel])));
      assert.ok(off <= tolerance, `at ${x}, ${y}: ${seen[index]} in place of ${colour}; all: ${JSON.stringify(seen)}`);
    });
  }

  /** Turns the sound on by the large button, as a viewer does. */
  async turnSoundOn() {
    const button = await this.page.waitForSelector('webcast-player >>> .turn-on:not([hidden])');
    await button.click();
    await this.until(() => !document.querySelector('webcast-player').video.muted);
  }

  /** Waits until sound is played, as the decoder's statistics have it. */
  async hears() {
    await this.until(() => {
      const [audio] = document.querySelector('webcast-player').getStats().audio;
      return audio.level > 0.05 && audio.energy > 0;
    });
  }

  /** The same by Web Audio. Firefox runs no AudioContext on a machine without a sound card. */
  async hearsByWebAudio() {
    await this.page.evaluate(() => {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      const { video } = document.querySelector('webcast-player');
      context.createMediaStreamSource(video.srcObject).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      window.loudness = () => {
        analyser.getFloatTimeDomainData(samples);
        return Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
      };
    });
    await this.until(() => window.loudness() > 0.05);
  }

  /** Nothing in the console and no policy violation. @param {RegExp} [expected] what may be there */
  async silent(expected = /^$/) {
    const complaints = await this.page.evaluate(() => window.complaints);
    const all = [...this.console, ...complaints].filter((line) => !expected.test(line));
    assert.deepEqual(all, []);
  }

  close() {
    return this.page.close();
  }
}
