// Messages beside the media: the data channels of one connection, one for each label.

/**
 * @typedef {Object} Message
 * @property {string} label
 * @property {string|ArrayBuffer} data  text or bytes
 */

export const kFirstLabel = 'messages';
const kMostBytes = 256 * 1024;
const kMostWaiting = 1024 * 1024; // bytes of one channel that the browser holds
const kLow = 256 * 1024;
const kMostChannels = 16;
const kMostLabelBytes = 64;

const encoder = new TextEncoder();

function sizeOf(data) {
  return typeof data === 'string' ? encoder.encode(data).length : data.byteLength;
}

function isBytes(data) {
  return data instanceof ArrayBuffer || ArrayBuffer.isView(data);
}

/** What may wait while its sender fills the same buffer anew. */
function copyOf(data) {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data) ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)
    : data.slice(0);
}

export class Channels {
  /** By label. @type {Map<string, RTCDataChannel>} */
  #channels = new Map();
  /** The last send() of each label: they leave in the order of the calls. @type {Map<string, Promise<void>>} */
  #turns = new Map();
  #pc;
  #tell;

  /** @param {RTCPeerConnection} pc @param {(message: Message) => void} tell */
  constructor(pc, tell) {
    this.#pc = pc;
    this.#tell = tell;
    pc.addEventListener('datachannel', ({ channel }) => {
      // Of one label ours stays what we send by.
      if (!this.#channels.has(channel.label)) this.#channels.set(channel.label, channel);
      this.#listen(channel);
    });
  }

  /** Before the first offer: it is what makes room for all others. */
  open(label = kFirstLabel) {
    const known = this.#channels.get(label);
    if (known && known.readyState !== 'closed') return known;
    const channel = this.#pc.createDataChannel(label);
    this.#channels.set(label, channel);
    this.#listen(channel);
    return channel;
  }

  /**
   * Resolves when the browser took it, which may be when others have left; rejects when that will
   * never be.
   * @param {string|ArrayBuffer|ArrayBufferView} data @param {string} label
   */
  async send(data, label = kFirstLabel) {
    if (typeof data !== 'string' && !isBytes(data)) {
      throw new TypeError('A message is text, an ArrayBuffer or a view of one.');
    }
    const size = sizeOf(data);
    const most = Math.min(kMostBytes, this.#pc.sctp?.maxMessageSize || kMostBytes);
    if (size > most) throw new RangeError(`A message has ${most} bytes at most, this one has ${size}.`);
    if (size === 0) throw new RangeError('A message has one byte at least.');
    if (typeof data === 'string' && data.includes('\0')) {
      throw new RangeError('Text has no NUL (U+0000): send bytes.');
    }
    if (!label || sizeOf(label) > kMostLabelBytes) {
      throw new RangeError(`A label has 1 to ${kMostLabelBytes} bytes.`);
    }
    if (this.#pc.sctp === null) throw new Error('The other side takes no messages (data-channels=true).');
    if (!this.#channels.has(label) && this.#channels.size >= kMostChannels) {
      throw new RangeError(`No more than ${kMostChannels} labels can be in use.`);
    }
    const channel = this.open(label);
    const copy = copyOf(data);
    const turn = (this.#turns.get(label) ?? Promise.resolve()).then(async () => {
      await this.#ready(channel, size);
      channel.send(/** @type {any} */ (copy));
    });
    this.#turns.set(label, turn.catch(() => {}));
    await turn;
  }

  /** Until it is open, and holds little enough. @param {RTCDataChannel} channel */
  async #ready(channel, size) {
    for (;;) {
      if (channel.readyState === 'closing' || channel.readyState === 'closed') {
        throw new Error('The connection is over.');
      }
      const isOpen = channel.readyState === 'open';
      if (isOpen && channel.bufferedAmount + size <= kMostWaiting) return;
      const waiting = new AbortController();
      await new Promise((resolve) => {
        for (const event of ['open', 'bufferedamountlow', 'close', 'error']) {
          channel.addEventListener(event, resolve, { signal: waiting.signal });
        }
      });
      waiting.abort();
    }
  }

  /** @param {RTCDataChannel} channel */
  #listen(channel) {
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = kLow;
    channel.addEventListener('message', ({ data }) => this.#tell({ label: channel.label, data }));
    channel.addEventListener('close', () => {
      if (this.#channels.get(channel.label) === channel) this.#channels.delete(channel.label);
    });
  }
}
