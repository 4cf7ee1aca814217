// What RTCPeerConnection.getStats() says, as figures that a person can read.

/**
 * @typedef {Object} MediaFigures
 * @property {string} codec       e.g. "H264", "opus"; empty: not known yet
 * @property {number} bitrate     bit/s over the last second
 * @property {number} packets     received so far
 * @property {number} lost        so far
 * @property {number} loss        0…1 over the last second
 * @property {number} jitterMs
 * @property {number} bufferMs    mean time in the jitter buffer over the last second
 *
 * @typedef {MediaFigures & {width: number, height: number, framesPerSecond: number,
 *   framesDecoded: number, framesDropped: number, decodeMs: number, freezes: number,
 *   nack: number, pli: number, decoder: string}} VideoFigures
 * @typedef {MediaFigures & {level: number, energy: number, channels: number}} AudioFigures
 *
 * @typedef {Object} Figures
 * @property {number} time            performance.now() of the sample
 * @property {VideoFigures[]} video   in the order of the m-lines
 * @property {AudioFigures[]} audio
 * @property {number} bitrate         bit/s, all media
 * @property {number} loss            0…1 over the last second, all media
 * @property {number|null} rttMs      null: not measured
 * @property {string} path            how packets travel, e.g. "udp, host to host"
 * @property {{ms: number, capture: boolean}|null} latency  an estimate. `capture`: from the
 *   sender's clock at capture to this screen; else network, jitter buffer and decoder only
 */

const kWindow = 1000; // ms that rates are taken over

const number = (value) => (Number.isFinite(value) ? value : 0);

function ratio(part, whole) {
  return whole > 0 ? part / whole : 0;
}

/** Takes samples of one connection and compares each with the one of a second ago. */
export class Sampler {
  /** @type {Figures|null} */
  figures = null;
  /** Smoothed, by the view, from requestVideoFrameCallback. @type {number|null} */
  captureToScreenMs = null;
  #history = [];
  #packets = 0;
  #frames = 0;

  /**
   * One sample. Says whether packets or decoded pictures were added since the last.
   * @param {RTCPeerConnection} pc
   */
  async take(pc) {
    const report = await pc.getStats();
    const now = performance.now();
    /** @type {Map<string, any>} */
    const inbound = new Map();
    let pair = null;
    for (const stat of report.values()) {
      if (stat.type === 'inbound-rtp') inbound.set(stat.id, stat);
      if (stat.type === 'transport' && stat.selectedCandidatePairId) {
        pair = report.get(stat.selectedCandidatePairId);
      }
      // Firefox has no transport statistics.
      if (stat.type === 'candidate-pair' && stat.selected) pair ??= stat;
    }
    const old = this.#before(now);
    this.#history.push({ now, inbound });
    this.figures = this.#digest(now, inbound, old, pair, report);
    return this.#progress(inbound);
  }

  #before(now) {
    while (this.#history.length > 1 && now - this.#history[1].now >= kWindow) this.#history.shift();
    return this.#history[0] ?? null;
  }

  #progress(inbound) {
    let packets = 0;
    let frames = 0;
    for (const stat of inbound.values()) {
      packets += number(stat.packetsReceived);
      frames += number(stat.framesDecoded);
    }
    const progress = { packets: packets > this.#packets, frames: frames > this.#frames };
    this.#packets = packets;
    this.#frames = frames;
    return progress;
  }

  #digest(now, inbound, old, pair, report) {
    const seconds = old ? (now - old.now) / 1000 : 0;
    const sorted = [...inbound.values()].sort((a, b) => Number(a.mid ?? 0) - Number(b.mid ?? 0));
    const video = [];
    const audio = [];
    let received = 0;
    let missing = 0;
    for (const stat of sorted) {
      const before = old?.inbound.get(stat.id);
      const delta = (key) => (before ? Math.max(0, number(stat[key]) - number(before[key])) : 0);
      received += delta('packetsReceived');
      missing += delta('packetsLost');
      const figures = common(stat, delta, seconds, report);
      if (stat.kind === 'video') video.push({ ...figures, ...picture(stat, delta, seconds) });
      else audio.push({ ...figures, ...sound(stat) });
    }
    const rtt = pair?.currentRoundTripTime;
    const rttMs = Number.isFinite(rtt) ? rtt * 1000 : null;
    return {
      time: now, video, audio, rttMs,
      bitrate: [...video, ...audio].reduce((sum, one) => sum + one.bitrate, 0),
      loss: ratio(missing, received + missing),
      path: path(pair, report),
      latency: this.#latency(video[0] ?? audio[0], rttMs),
    };
  }

  #latency(main, rttMs) {
    if (this.captureToScreenMs !== null) return { ms: this.captureToScreenMs, capture: true };
    if (!main?.packets || rttMs === null) return null;
    return { ms: rttMs / 2 + main.bufferMs + (main.decodeMs ?? 0), capture: false };
  }
}

function common(stat, delta, seconds, report) {
  const mime = report.get(stat.codecId)?.mimeType ?? '';
  const lost = delta('packetsLost');
  return {
    codec: mime.slice(mime.indexOf('/') + 1),
    bitrate: ratio(delta('bytesReceived') * 8, seconds),
    packets: number(stat.packetsReceived),
    lost: number(stat.packetsLost),
    loss: ratio(lost, lost + delta('packetsReceived')),
    jitterMs: number(stat.jitter) * 1000,
    bufferMs: ratio(delta('jitterBufferDelay') * 1000, delta('jitterBufferEmittedCount')),
  };
}

function picture(stat, delta, seconds) {
  return {
    width: number(stat.frameWidth),
    height: number(stat.frameHeight),
    framesPerSecond: ratio(delta('framesDecoded'), seconds),
    framesDecoded: number(stat.framesDecoded),
    framesDropped: number(stat.framesDropped),
    decodeMs: ratio(delta('totalDecodeTime') * 1000, delta('framesDecoded')),
    freezes: number(stat.freezeCount),
    nack: number(stat.nackCount),
    pli: number(stat.pliCount),
    decoder: stat.decoderImplementation ?? '',
  };
}

function sound(stat) {
  return { level: number(stat.audioLevel), energy: number(stat.totalAudioEnergy) };
}

function path(pair, report) {
  const local = report.get(pair?.localCandidateId);
  const remote = report.get(pair?.remoteCandidateId);
  if (!local || !remote) return '';
  const relayed = local.candidateType === 'relay' || remote.candidateType === 'relay';
  return `${local.protocol ?? 'udp'}, ${relayed ? 'through a relay' : 'direct'}`;
}
