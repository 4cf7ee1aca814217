// How loud a track is, several times a second.

const kInterval = 100;

export class LevelMeter {
  #context;
  #timer = 0;
  /** @type {MediaStreamAudioSourceNode|null} */
  #source = null;

  /** @param {(level: number) => void} show 0…1, on a scale of decibels */
  constructor(show) {
    this.show = show;
  }

  /** @param {MediaStreamTrack|undefined} track */
  measure(track) {
    this.stop();
    if (!track) return;
    this.#context ??= new AudioContext();
    const context = this.#context;
    context.resume().catch(() => {});
    const analyser = context.createAnalyser();
    this.#source = context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#timer = window.setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
      const decibels = 10 * Math.log10(power || 1e-9);
      this.show(Math.min(1, Math.max(0, (decibels + 60) / 60)));
    }, kInterval);
  }

  stop() {
    clearInterval(this.#timer);
    this.#source?.disconnect();
    this.#source = null;
    this.show(0);
  }
}
