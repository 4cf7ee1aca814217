// A sink or source whose descriptions are carried by hand (pipelines/manual.sh), and the page /manual.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Player } from './player.mjs';
import { Program } from './processes.mjs';
import { environment, root } from './sink.mjs';

const run = promisify(execFile);

/** pipelines/manual.sh, and somebody at its terminal. */
export class ByHand extends Program {
  #offers = 0;

  /** @param {string} pipeline  as its user writes it */
  static start(pipeline) {
    return new ByHand('sh', [path.join(root, 'pipelines/manual.sh'), pipeline], environment, 'pipe');
  }

  /** The next offer that it prints. */
  async offer() {
    this.#offers++;
    // Up to the empty line behind it; a repeated group holds what it matched last.
    const pattern = new RegExp(`^(?:[^]*?(v=0\\r?\\n[^]*?\\r?\\n)\\r?\\n){${this.#offers}}`);
    const [, sdp] = await this.says(pattern);
    return sdp;
  }

  /** @param {string} text */
  answer(text) {
    this.write(`${text}\n\n`);
  }
}

/** The page /manual as somebody with an offer in a mail uses it. */
export class ManualPage extends Player {
  /** @param {string} text */
  async paste(text) {
    await this.page.evaluate((value) => { document.querySelector('#offer').value = value; }, text);
    await this.page.click('#go');
  }

  /** @param {string} file */
  async choose(file) {
    const input = await this.page.$('#file');
    await input.uploadFile(file);
  }

  /** Waits until the page complains so. @param {RegExp} pattern */
  complains(pattern) {
    return this.until(([source, flags]) => new RegExp(source, flags)
      .test(document.querySelector('#offer-error').innerText), undefined, [pattern.source, pattern.flags]);
  }

  /** The answer, once it is there. */
  async answer() {
    await this.until(() => !document.querySelector('#second').hidden && document.querySelector('#answer').value);
    return this.page.evaluate(() => document.querySelector('#answer').value);
  }

  /** What a camera reads from the code on the screen. @param {string} folder for the picture */
  async scan(folder) {
    const file = path.join(folder, 'code.png');
    await this.page.setViewport({ width: 1280, height: 1600, deviceScaleFactor: 2 });
    const picture = await this.page.$('#code svg');
    await writeFile(file, await picture.screenshot());
    const { stdout } = await run('zbarimg', ['--quiet', '--raw', file]);
    return stdout.replace(/\n$/, '');
  }
}
